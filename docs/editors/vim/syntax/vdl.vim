" Vim syntax file. Language: vdl, models of vaec. Made from the compiler's tables.
if exists("b:current_syntax")
  finish
endif

syn match vdlOperator /|>\|->\|[-+*\/=~]/
syn match vdlNumber /\<\d\+\(\.\d\+\)\=\([eE][-+]\=\d\+\)\=\>/
syn match vdlLabel /\<\h\w*\ze\s*:/
syn match vdlComment /\/\/.*$/
syn match vdlDocumentation /\/\/\/.*$/
syn region vdlString start=/"/ end=/"/ oneline
syn keyword vdlKeyword model config hyper input block shared encoder prior decoder corrupt maximize minimize use train let as
syn keyword vdlLayer conv deconv dense batch_norm layer_norm relu sigmoid tanh silu gelu hardswish softplus leaky_relu elu avg_pool max_pool global_avg_pool upsample flatten reshape concat slice one_hot dropout quantize stop_gradient
syn keyword vdlDistribution normal bernoulli continuous_bernoulli laplace categorical
syn keyword vdlTerm loglik kl iwae mse sse codebook commitment l1 l2 jacobian kl_sparsity mmd mutual_information total_correlation dimension_kl max min abs square sqrt log exp
syn keyword vdlType image class vector
syn keyword vdlOptimizer adam adamw sgd rmsprop adagrad
syn keyword vdlInitializer fan_in_uniform glorot_uniform glorot_normal he_uniform he_normal zeros
syn keyword vdlWord with from frozen same yes no

hi def link vdlKeyword Statement
hi def link vdlWord Statement
hi def link vdlLayer Function
hi def link vdlDistribution Structure
hi def link vdlTerm Function
hi def link vdlType Type
hi def link vdlOptimizer Function
hi def link vdlInitializer Constant
hi def link vdlOperator Operator
hi def link vdlNumber Number
hi def link vdlLabel Identifier
hi def link vdlComment Comment
hi def link vdlDocumentation SpecialComment
hi def link vdlString String

setlocal commentstring=//\ %s
let b:current_syntax = "vdl"
