/// The types of inputs.
enum InputTypes {
  static let image = "image"
  static let `class` = "class"
  static let names = [image, `class`]
  /// More classes than any data set of labelled images has; each makes a row of `one_hot`.
  static let mostClasses = 65_536
}
