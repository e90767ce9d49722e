"""The payment gateways: where a charge leaves the house. Never called inside a transaction."""
