public import Datasets
public import Runtime

/// A data set's images for the runtime, with the same numbers.
extension Dataset: ImageSource {}
