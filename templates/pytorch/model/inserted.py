def insert(network):
    """Puts the gates of INSERTED behind modules, by their paths: what a module gives goes through them in their order. `factor`
    is what the gate's result is multiplied by; "none" is a gate that was removed.
    """
    style = Style(**STYLE)
    for path, gates in INSERTED.items():
        module = network.get_submodule(path)
        for name, gate in gates.items():
            words = {key: value for key, value in gate.items() if key != "factor"}
            inserted = nn.Identity() if words["type"] == "none" else gate_of(words, style)
            inserted.factor_behind = gate.get("factor", 1.0)
            module.add_module(name, inserted)
        module.gates_behind = tuple(gates)
        module.register_forward_hook(through_gates)


def through_gates(module, _, x):
    for name in module.gates_behind:
        gate = module.get_submodule(name)
        gated = {{gated}}
        x = gated if gate.factor_behind == 1.0 else gate.factor_behind * gated
    return x
