"""The figures of the year, counted from what the API answered."""

from dataclasses import dataclass, fields

from rich.table import Table


@dataclass
class Figures:
    """Counts over the whole year; money in minor units."""

    sold: int = 0
    booked: int = 0
    attended: int = 0
    returned: int = 0
    forfeited: int = 0
    held: int = 0
    expired: int = 0
    renewed: int = 0
    converted: int = 0
    unpaid: int = 0
    charged_minor: int = 0

    def table(self) -> Table:
        """Return the figures for a person to read."""
        words = {
            "sold": "passes sold",
            "booked": "visits booked",
            "attended": "visits attended",
            "returned": "visits cancelled and returned",
            "forfeited": "visits forfeited (late cancellations, no-shows)",
            "held": "days given back by holds",
            "expired": "passes expired",
            "renewed": "renewals",
            "converted": "conversions",
            "unpaid": "visits left unpaid",
        }
        table = Table(title="The year in figures", show_header=False)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "charged_minor":
                table.add_row("charged", f"{value / 100:,.2f} EUR")
            else:
                table.add_row(words[each.name], str(value))
        return table
