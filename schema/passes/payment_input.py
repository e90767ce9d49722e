"""How something is paid."""

import strawberry

from models.rules.values import PaymentMethod, TestCard


@strawberry.input(description="How something is paid.")
class PaymentInput:
    """A payment method and, for a test card, what it does."""

    method: PaymentMethod = strawberry.field(description="With what.")
    test_card: TestCard | None = strawberry.field(
        default=None, description="For TEST_CARD: what the card does when it is charged."
    )


def method_and_card(payment: PaymentInput | None) -> tuple[PaymentMethod | None, TestCard | None]:
    """Return both parts, or neither where nothing was named."""
    return (payment.method, payment.test_card) if payment else (None, None)
