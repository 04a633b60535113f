autocmd BufRead,BufNewFile *.vdl setfiletype vdl
