"""`sessionpass demo`: a studio's year in a sandbox, over GraphQL only, told as a story and proved at the end."""

from rich.console import Console

from api.demo.client import Client
from api.demo.proof import prove
from api.demo.scenes import Scenes
from api.demo.story import Year

__all__ = ["play"]


def play(api_url: str, key: str, console: Console) -> bool:
    """Play the year on the sandbox that `key` (of its owner) opens; return whether its ledger balanced.

    Raises:
        DemoError: the API refused something the story needs, in the API's own words.
    """
    with Client(api_url, key) as client:
        year = Year(client, console)
        figures = year.play()
        console.print(figures.table())
        Scenes(client, console, year.studio).play()
        return prove(client, console, figures)
