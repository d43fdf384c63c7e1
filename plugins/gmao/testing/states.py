"""An instrument is in use or retired; a calibration counts until it is withdrawn."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.gmao.rights import WORK

IN_USE, RETIRED = "in_use", "retired"
VALID, WITHDRAWN = "valid", "withdrawn"
INSTRUMENTS = Machine(
    "gmao.instrument",
    {
        IN_USE: State(_("Instrument in use"), "ok", _("Entry into use")),
        RETIRED: State(_("Instrument retired"), "neutral", _("Retirement of the instrument")),
    },
    [
        Transition(IN_USE, "retire", RETIRED, WORK, _("Retire the instrument"), needs_reason=True),
        Transition(RETIRED, "restore", IN_USE, WORK, _("Take it into use again"), strong=True),
    ],
    said={
        "create": _("Registered"), "retire": _("Instrument retired"), "restore": _("Instrument in use again"),
    },
)  # fmt: skip
CALIBRATIONS = Machine(
    "gmao.calibration",
    {
        VALID: State(_("Calibration that counts"), "ok", _("Calibration")),
        WITHDRAWN: State(_("Calibration withdrawn"), "danger", _("Withdrawal of a calibration")),
    },
    [Transition(VALID, "withdraw", WITHDRAWN, WORK, _("Withdraw the calibration"), needs_reason=True)],
    said={"create": _("Recorded"), "withdraw": _("Calibration withdrawn")},
)
