import Foundation
internal import ImageFiles

/// Images of one form that stand one behind the other in files, as data sets of records have them.
struct RecordImages {
  /// The files, for the cache's key; the first is named in messages.
  let files: [String]
  /// Of what the images follow from, besides the files.
  let kind: String
  /// Channels, height, width of an image.
  let shape: [Int]
  let count: Int
  /// The images to take, ascending, and what they follow from; nil for all.
  var chosen: (images: [Int], reason: String)?
  /// Opens a source that gives the bytes of image behind image, channel behind channel.
  let open: () throws -> () throws -> [UInt8]

  /// The images in the form that the options ask for, from the cache or decoded.
  func store(_ options: ImageOptions, cache: String?) throws -> (store: ImageStore, fitting: Fitting) {
    let fitting = Fitting(
      size: options.size ?? PixelSize(height: shape[1], width: shape[2]),
      channels: options.channels ?? shape[0],
      crop: options.crop ?? .center, filter: options.filter, background: options.background)
    let wanted = min(chosen?.images.count ?? count, options.limit ?? .max)
    let (shape, path, images) = (shape, files[0], chosen?.images)
    let feed = ImageFeed(count: wanted) {
      let next = try open()
      var place = 0
      return { range in
        try range.map { number in
          // Those in between are passed over.
          while place < images?[number] ?? number {
            _ = try next()
            place += 1
          }
          let bytes = try next()
          place += 1
          return { @Sendable in
            try ArrayImages.fitted(bytes, shape, areInterleaved: false, fitting, path: path)
          }
        }
      }
    }
    var key = CacheKey(kind, fitting, skipsDamaged: false)
    key.add("\(wanted)", chosen?.reason ?? "all")
    for file in files {
      var status = stat()
      guard stat(file, &status) == 0 else {
        throw DatasetError.file(path: file, fault: .unreadable(reason: String(cString: strerror(errno))))
      }
      key.add(absolute(file), "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)")
    }
    let work = ImageImport(feed: feed, imageBytes: fitting.imageShape.reduce(1, *), options: options)
    return (try work.images(key: key.finish(), name: path, cache: cache).store, fitting)
  }
}
