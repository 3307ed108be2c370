"""The same video read twice, side by side: by the networks as they were published, and by the converted ones."""
