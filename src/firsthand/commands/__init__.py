"""The commands, a file a family: one thin function a command, which prints what the library computes."""
