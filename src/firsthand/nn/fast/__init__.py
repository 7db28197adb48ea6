"""The fast implementations of the operations of `firsthand.nn`, a file a family under the names of the definitions.

Each takes the arguments of its definition, which its guard has looked at, and returns NotImplemented where it cannot
serve. Nothing here imports a definition.
"""
