"""What Excel calls: the functions (UDFs), the server behind them, diagnostics, and the VBA that is generated from them."""
