"""stand-in"""
def funnel(leads, by=None, spend=None): return [["stage"]]
def kpi_table(kpi, leads, by, spend=None): return [["stage"]]
def cohorts(leads, stage=None): return [["stage"]]
def attribution(touches, model): return [["stage"]]
def kpi_help(topic=None): return [["stage"]]
