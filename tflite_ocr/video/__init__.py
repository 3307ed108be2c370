"""Text in moving pictures: FFmpeg decodes and encodes, the reader reads what changed, tracks follow what moved."""
