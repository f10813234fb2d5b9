"""The articles the catalogue goes back to; a KPI's ``sources`` say which of them name it and where they err."""

from typing import Final

ARTICLES: Final = {
    "cognism": "Cognism, 16 lead-generation KPIs (in Polish)",
    "ruler-metrics": "Ruler Analytics, lead conversion metrics (in Russian)",
    "tehnografi": "Tehnografi, lead management metrics 2023 (in Russian)",
    "ruler-kpis": "Ruler Analytics, sales and marketing KPIs (in Russian)",
    "automatenow": "AutomateNow, KPIs of B2B sales (in Polish)",
}
