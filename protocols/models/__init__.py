"""The center's protocols, their signed-off editions, and the blocks its pharmacist confirmed."""

from protocols.models.protocol import BlockConfirmation, Protocol, ProtocolVersion

__all__ = ["BlockConfirmation", "Protocol", "ProtocolVersion"]
