"""The copy of a billing account: what invoicing and payments last told of it. It moves no money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One whole snapshot of an account's profile; `profile_version` is its version in invoicing."""

    account_number: str
    currency: str
    time_zone: str
    pays_by_transfer: bool
    closed: bool
    profile_version: int


@dataclass(slots=True, kw_only=True)
class Account:
    """Who the account is, and whether it can be charged.

    `qualifying_methods` counts its active cards and connected accounts as payments last told them (C-02).
    """

    account_id: str
    seller_id: str
    account_number: str
    currency: str
    time_zone: str
    pays_by_transfer: bool
    closed: bool
    profile_version: int
    qualifying_methods: int = 0
    version: int = 0

    @classmethod
    def opened(cls, account_id: str, seller_id: str, *, profile: Profile) -> Account:
        """The copy of an account that was just opened."""
        return cls(
            account_id=account_id,
            seller_id=seller_id,
            account_number=profile.account_number,
            currency=profile.currency,
            time_zone=profile.time_zone,
            pays_by_transfer=profile.pays_by_transfer,
            closed=profile.closed,
            profile_version=profile.profile_version,
        )

    @property
    def can_be_charged(self) -> bool:
        """C-02: an active card or connected account, or a contract that pays by transfer or cheque."""
        return self.pays_by_transfer or self.qualifying_methods > 0

    def take_over(self, profile: Profile) -> bool:
        """Copy a newer snapshot; False, and nothing changed, when it is not newer. The currency is one for life."""
        if profile.profile_version <= self.profile_version:
            return False
        self.account_number = profile.account_number
        self.time_zone = profile.time_zone
        self.pays_by_transfer = profile.pays_by_transfer
        self.closed = profile.closed
        self.profile_version = profile.profile_version
        return True
