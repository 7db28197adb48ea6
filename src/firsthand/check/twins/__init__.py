"""One module a paper, named by its key, with a class `Network(Twin)` that takes our Config."""
