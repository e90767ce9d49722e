"""What the mutations that sell, renew and convert passes are given."""

from datetime import date

import strawberry

from models.operations.change_pass import SetAutoRenew
from models.operations.consent import Consent
from models.operations.convert_pass import CancelConversion, ConvertPass, ScheduleConversion
from models.operations.renew_pass import RenewPass
from models.operations.sell_pass import SellPass
from models.rules.values import ConversionTiming, Language, SaleChannel, UnusedAtConversion
from schema.given import Given, row_id, row_id_or_none
from schema.passes.payment_input import PaymentInput, method_and_card


@strawberry.input(description="What the buyer of a pass that renews by itself agreed to.")
class ConsentInput:
    """See `Consent`."""

    text: str = strawberry.field(description="What they were shown and agreed to, word for word, 1 to 4000 characters.")
    language: Language | None = strawberry.field(
        default=None, description="The language of the text; the business's own where left out."
    )

    def command(self) -> Consent:
        """Return what was agreed to."""
        return Consent(self.text, self.language)


@strawberry.input(description="A pass to sell.")
class SellPassInput(Given):
    """See `SellPass`."""

    client_id: strawberry.ID = strawberry.field(description="Who buys it.")
    purchase_option_id: strawberry.ID = strawberry.field(description="What is sold, in its current version.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How it is paid; may be left out where the price is zero."
    )
    starts_on: date | None = strawberry.field(
        default=None, description="The first day, for an option that starts ON_DATE; today where left out."
    )
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="The location whose zone the pass follows; the client's home where left out."
    )
    channel: SaleChannel | None = strawberry.field(
        default=None, description="How it is sold; ONLINE where a client buys and STAFF otherwise, where left out."
    )
    direct_link_code: str | None = strawberry.field(
        default=None, description="For DIRECT_LINK: the code that the link carried."
    )
    use_credit: bool = strawberry.field(
        default=False, description="Whether the client's credit pays first and only the rest is charged."
    )
    consent: ConsentInput | None = strawberry.field(
        default=None,
        description="What the buyer of a pass that renews agreed to; kept, and required where the law asks for it.",
    )

    def command(self) -> SellPass:
        """Return the command."""
        method, card = method_and_card(self.payment)
        return SellPass(
            row_id("Client", self.client_id, "clientId"),
            row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId"),
            method,
            card,
            self.starts_on,
            row_id_or_none("Location", self.location_id, "locationId"),
            self.channel,
            self.direct_link_code,
            self.use_credit,
            self.consent.command() if self.consent else None,
        )


@strawberry.input(description="A pass to renew now, ahead of its end or after it.")
class RenewPassInput(Given):
    """See `RenewPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How it is paid; a test card that paid before is used where left out."
    )
    use_credit: bool = strawberry.field(
        default=False, description="Whether the client's credit pays first and only the rest is charged."
    )

    def command(self) -> RenewPass:
        """Return the command."""
        return RenewPass(row_id("Pass", self.pass_id, "passId"), *method_and_card(self.payment), self.use_credit)


@strawberry.input(description="Whether a pass renews by itself.")
class SetAutoRenewInput(Given):
    """See `SetAutoRenew`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    enabled: bool = strawberry.field(description="Whether it renews by itself from now on.")
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How renewals are paid from now on; unchanged where left out."
    )

    def command(self) -> SetAutoRenew:
        """Return the command."""
        return SetAutoRenew(row_id("Pass", self.pass_id, "passId"), self.enabled, *method_and_card(self.payment))


@strawberry.input(description="A pass to convert now.")
class ConvertPassInput(Given):
    """See `ConvertPass`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    purchase_option_id: strawberry.ID = strawberry.field(description="What it becomes, in its current version.")
    timing: ConversionTiming = strawberry.field(
        default=ConversionTiming.NOW_PAID, description="NOW_PAID or NOW_FREE; later ones are scheduled."
    )
    unused: UnusedAtConversion = strawberry.field(
        default=UnusedAtConversion.FORFEIT, description="What happens to units nobody used."
    )
    payment: PaymentInput | None = strawberry.field(
        default=None, description="How it is paid; may be left out where nothing is left to pay."
    )
    consent: ConsentInput | None = strawberry.field(
        default=None,
        description="What the client agreed to, where it becomes a pass that renews; kept, and required where the law "
        "asks for it.",
    )

    def command(self) -> ConvertPass:
        """Return the command."""
        return ConvertPass(
            row_id("Pass", self.pass_id, "passId"),
            row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId"),
            self.timing,
            self.unused,
            *method_and_card(self.payment),
            self.consent.command() if self.consent else None,
        )


@strawberry.input(description="A conversion to plan, in place of whatever followed the pass's end.")
class ScheduleConversionInput(Given):
    """See `ScheduleConversion`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")
    purchase_option_id: strawberry.ID = strawberry.field(
        description="What it becomes, in the version that is current then."
    )
    on: date | None = strawberry.field(
        default=None, description="The day it converts, before its end; at its end where left out."
    )
    unused: UnusedAtConversion = strawberry.field(
        default=UnusedAtConversion.FORFEIT, description="What happens to units nobody used."
    )
    consent: ConsentInput | None = strawberry.field(
        default=None,
        description="What the client agreed to, where it becomes a pass that renews; kept, and required where the law "
        "asks for it.",
    )

    def command(self) -> ScheduleConversion:
        """Return the command."""
        return ScheduleConversion(
            row_id("Pass", self.pass_id, "passId"),
            row_id("PurchaseOption", self.purchase_option_id, "purchaseOptionId"),
            self.on,
            self.unused,
            self.consent.command() if self.consent else None,
        )


@strawberry.input(description="A planned conversion to forget.")
class CancelConversionInput(Given):
    """See `CancelConversion`."""

    pass_id: strawberry.ID = strawberry.field(description="The pass.")

    def command(self) -> CancelConversion:
        """Return the command."""
        return CancelConversion(row_id("Pass", self.pass_id, "passId"))
