"""The words of archviz: configs, setups, experiments, events and results. Knows no architecture."""
