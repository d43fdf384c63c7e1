"""What people are told of: in the app, by mail, by SMS."""
