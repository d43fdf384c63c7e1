"""What is done with the plugin of docs/plugins.md after each of its steps, in a process that has it installed."""
