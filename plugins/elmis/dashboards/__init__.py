"""What a place and all below it should know: availability, stock-outs, expiries, late orders."""
