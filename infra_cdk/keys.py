"""The vault's two KMS keys: one for card numbers, one for what must be gone in seconds (CVC)."""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra_cdk.settings import Settings


class KeyName(StrEnum):
    """The keys, each by the environment variable that carries its id to a function."""

    CARD = "CARD_KEY_ID"
    CVC = "CVC_KEY_ID"


class Keys(Construct):
    """Both keys, reached by `key(name)`. They rotate every year."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._keys = {
            KeyName.CARD: self._create("Card", "PayFlow vault: card numbers", settings),
            KeyName.CVC: self._create("Cvc", "PayFlow vault: CVC until authorised", settings),
        }

    def key(self, name: KeyName) -> kms.Key:
        """The key of that name."""
        return self._keys[name]

    def _create(self, construct_id: str, description: str, settings: Settings) -> kms.Key:
        return kms.Key(
            self,
            construct_id,
            description=description,
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if settings.keeps_data else RemovalPolicy.DESTROY,
        )
