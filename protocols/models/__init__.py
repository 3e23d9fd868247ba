"""The center's protocols, their signed-off editions, the blocks its pharmacist confirmed, its stock."""

from protocols.models.center import StockCount
from protocols.models.protocol import BlockConfirmation, Protocol, ProtocolVersion

__all__ = ["BlockConfirmation", "Protocol", "ProtocolVersion", "StockCount"]
