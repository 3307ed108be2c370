"""What stands where on pages, signs and screens; every file draws one family of layouts on a sheet."""
