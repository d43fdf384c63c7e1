"""Five thousand sendings of anything to the interface for programs, others at each run."""

from random import SystemRandom

from tests.anything import send_anything


def test_anything_five_thousand_times(demonstration):
    seed = SystemRandom().randrange(2**32)
    print("seed", seed)
    answers, faults = send_anything(demonstration, each=14, seed=seed, repeatable=False)
    print(dict(answers))
    assert answers.total() > 5000 and answers[200] > 500
    assert faults == {}, "\n\n".join(f"{name}: {fault}" for name, fault in faults.items())
