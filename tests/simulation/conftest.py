"""Every example is found again in the next run: no randomness, no example database, no wall-clock limit."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "simulation", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("simulation")
