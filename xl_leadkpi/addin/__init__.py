"""What Excel calls: functions, macros, the server behind both, diagnostics, and the VBA generated from them."""
