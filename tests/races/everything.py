"""All that the hands of a busy studio do beside `hustle.ACTIONS`, in one table for every proof."""

from tests.races.bustle import MONEY, Action
from tests.races.bustle_desk import DESK
from tests.races.bustle_law import LAW
from tests.races.bustle_packs import PACKS
from tests.races.bustle_people import PEOPLE

EVERYTHING: dict[Action, int] = MONEY | PEOPLE | PACKS | LAW | DESK
