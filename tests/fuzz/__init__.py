"""Fuzzers: files of strangers, drawn here and damaged, given to what reads them; `make fuzz SECONDS=60`."""
