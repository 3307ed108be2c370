"""From a checkpoint of a GPU model to .tflite files and their manifest; runs from a checkout, is not installed."""
