"""The center's own conditions before a dose, as the library suggests them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocols.documents import StrictRecord, Whole
from protocols.library.blocks import Block, Ledger, SourceText
from protocols.rules.readiness import ReadinessRules, Stage
from protocols.rules.regimen import DoseKind

Kinds = tuple[Annotated[DoseKind, Field(strict=False)], ...]


class StageText(StrictRecord):
    id: str
    label: str
    kinds: Kinds


class StagesText(Block):
    items: tuple[StageText, ...]


class TocilizumabText(Block):
    doses_per_patient: Whole
    kinds: Kinds


class RequirementsText(Block):
    items: tuple[str, ...]


class ReadinessText(StrictRecord):
    readiness: str
    sources: dict[str, SourceText]
    requirements: RequirementsText
    tocilizumab: TocilizumabText
    stages: StagesText

    def build(self) -> ReadinessRules:
        ledger = Ledger(prefix=self.readiness, sources=self.sources)
        return ReadinessRules(
            requirements=self.requirements.items,
            requirements_from=ledger.provenance("requirements", self.requirements),
            tocilizumab_doses=self.tocilizumab.doses_per_patient,
            tocilizumab_kinds=self.tocilizumab.kinds,
            tocilizumab_from=ledger.provenance("tocilizumab", self.tocilizumab),
            stages=tuple(Stage(stage.id, stage.label, stage.kinds) for stage in self.stages.items),
            stages_from=ledger.provenance("stages", self.stages),
        )
