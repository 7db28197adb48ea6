"""The rule "from tensors up": what of torch a source may use, read from its syntax tree."""

import ast
import re
from collections.abc import Iterator

CONTAINERS = {"Module", "Parameter", "Buffer", "ModuleList", "ModuleDict", "ParameterList"}
# Primitives as conv2d and max_pool2d are, one operation without parameters or state, which torch names only there.
PRIMITIVES = {
    f"torch.nn.functional.{name}"
    for name in (
        "scaled_dot_product_attention",
        "adaptive_avg_pool2d",
        "avg_pool2d",
        "gelu",
        "leaky_relu",
        "silu",
        "softplus",
    )
}
# Names in torch's own namespace that are whole layers or losses; primitives such as conv2d and log_softmax are not.
LAYERS = re.compile(
    r".*(batch|layer|group|instance|rms)_norm(_.*)?|.*dropout_?|.*(lstm|gru|rnn)(_.*)?|.*_loss|.*_with_logits|kl_div"
    r"|bilinear|embedding(_.*)?|cosine_similarity|pairwise_distance|prelu|.*multi_head_attention.*|.*encoder_layer.*"
)
INSIDE = {"_C", "_VF", "ops", "jit", "hub", "load", "save"}  # of torch: back doors to the layers, and stored code
UNSAFE = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}


def violations(source: str) -> Iterator[str]:
    """What a source takes that it must not: layers, losses and functions of torch, and ways to run stored code."""
    yield from (name for name, _ in uses(source))


def uses(source: str) -> Iterator[tuple[str, int]]:
    """The same, each with its line."""
    tree = ast.parse(source)
    names: dict[str, str] = {}  # local name -> dotted name of what it stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
                yield from ((name, node.lineno) for name in forbidden(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield from ((name, node.lineno) for name in forbidden(f"{node.module}.{alias.name}"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (meant := dotted(node.value, names)):  # t = torch
            names |= {target.id: meant for target in node.targets if isinstance(target, ast.Name)}
    tensors_only = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and reads_tensors(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node not in tensors_only:
            yield from ((name, node.lineno) for name in forbidden(dotted(node, names)))
        elif isinstance(node, ast.Name) and node.id in RUNS_TEXT:
            yield node.id, node.lineno
        elif isinstance(node, ast.Call | ast.Subscript):
            yield from ((name, node.lineno) for name in hidden(node, names))


def reads_tensors(call: ast.Call) -> bool:
    """Whether a call of `torch.load` lets nothing in but tensors."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    only = given.get("weights_only")
    return ast.unparse(call.func) == "torch.load" and isinstance(only, ast.Constant) and only.value is True


def hidden(node: ast.Call | ast.Subscript, names: dict[str, str]) -> Iterator[str]:
    """Names given as text: getattr(torch, "nn"), import_module("torch.nn"), sys.modules["torch.nn"], vars(torch)."""
    arguments = node.args if isinstance(node, ast.Call) else [node.slice]
    texts = [arg.value for arg in arguments if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    yield from (text for text in texts if text.startswith(("torch.nn", "torch.optim")))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "vars"):
        if arguments and dotted(arguments[0], names).startswith("torch"):
            yield f"{node.func.id} of torch"


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """The full name of an attribute chain, "" if it does not start at an imported name."""
    if isinstance(node, ast.Attribute):
        head = dotted(node.value, names)
        return f"{head}.{node.attr}" if head else ""
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def forbidden(name: str) -> Iterator[str]:
    """The name again, if it is not allowed."""
    if name in PRIMITIVES:
        return
    parts = name.split(".")
    if parts[:2] == ["torch", "nn"] and (len(parts) < 3 or parts[2] not in CONTAINERS):
        yield name  # also `import torch.nn` and `from torch import nn`: whole namespaces hide what is used
    if parts[:2] == ["torch", "optim"] and (len(parts) < 3 or parts[2] != "Optimizer"):
        yield name
    if parts[0] == "torch" and (LAYERS.fullmatch(parts[-1]) or (parts[1:2] and parts[1] in INSIDE) or "*" in parts):
        yield name
    if parts[0] in UNSAFE or (parts[0] == "builtins" and parts[-1] in RUNS_TEXT):
        yield name
