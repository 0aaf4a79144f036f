"""How people turn production outputs into labels that can be trusted."""
