"""The error tree: one class a code, names that are constants, messages that read well."""

import pickle

import pytest

from gpumft import errors
from gpumft.errors import MFError


def subclasses(base: type[MFError]) -> list[type[MFError]]:
    return [c for child in base.__subclasses__() for c in (child, *subclasses(child))]


CLASSES = [c for c in subclasses(MFError) if c.__module__ == errors.__name__]
CODES = {
    name: value
    for name, value in vars(errors).items()
    if name.isupper() and isinstance(value, int) and not isinstance(value, bool)
}


def test_there_is_a_class_for_each_code_that_a_user_meets() -> None:
    assert len(CLASSES) > 60


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_name_is_the_constant_with_the_number(error: type[MFError]) -> None:
    assert CODES[error.name] == error.hresult


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_only_a_special_case_shares_its_number(error: type[MFError]) -> None:
    same = [c for c in CLASSES if c.hresult == error.hresult]
    general = [c for c in same if all(issubclass(other, c) for other in same)]
    assert len(general) == 1


def test_numbers_are_unsigned_failures_or_successes() -> None:
    for name, value in CODES.items():
        assert 0 <= value <= 0xFFFFFFFF
        assert bool(value & 0x80000000) is not (name.split("_")[0] == "S" or "_S_" in name)


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_str_is_the_message_also_for_relatives_of_keyerror(error: type[MFError]) -> None:
    assert str(error("take output first")) == "take output first"


def test_without_a_message_str_is_the_code() -> None:
    assert str(errors.NotAccepting()) == "MF_E_NOTACCEPTING (0xC00D36B5)"
    assert str(errors.AttributeNotFound()) == "MF_E_ATTRIBUTENOTFOUND (0xC00D36E6)"


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_errors_cross_processes(error: type[MFError]) -> None:
    copy = pickle.loads(pickle.dumps(error("why")))  # noqa: S301 - made right here
    assert type(copy) is error
    assert str(copy) == "why"


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.InvalidArg, ValueError),
        (errors.OutOfMemory, MemoryError),
        (errors.NotImplementedMF, NotImplementedError),
        (errors.VfwTimeout, TimeoutError),
        (errors.InvalidStreamNumber, IndexError),
        (errors.InvalidMediaType, ValueError),
        (errors.AttributeNotFound, KeyError),
        (errors.EndOfStream, EOFError),
        (errors.FileMissing, FileNotFoundError),
        (errors.KernelBuildError, RuntimeError),
    ],
)
def test_errors_are_the_builtin_that_a_user_would_catch(
    error: type[MFError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin):
        raise error("x")


def test_well_known_numbers() -> None:
    assert errors.NotAccepting.hresult == 0xC00D36B5
    assert errors.TransformTypeNotSet.hresult == 0xC00D6D60
    assert errors.InvalidArg.hresult == 0x80070057
    assert errors.NoEventsAvailable.hresult == 0xC00D3E80
    assert errors.VfwTimeout.hresult == 0x8004022E
    assert errors.WasLocked.hresult == 0x800702CD


def test_kernel_build_error_carries_log_and_source() -> None:
    error = errors.KernelBuildError("does not compile", log="line 3", source="void f() {")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made right here
    assert (str(copy), copy.log, copy.source) == ("does not compile", "line 3", "void f() {")


def test_error_for_a_code() -> None:
    assert type(errors.error_for(0xC00D36B5, "full")) is errors.NotAccepting
    assert type(errors.error_for(0xC00D36B5 - 2**32)) is errors.NotAccepting
    assert type(errors.error_for(errors.E_FAIL)) is errors.Fail
    unknown = errors.error_for(0x8BADF00D, "odd")
    assert type(unknown) is errors.Fail
    assert "odd (0x8BADF00D)" in str(unknown)
    with pytest.raises(errors.InvalidArg, match="success code"):
        errors.error_for(errors.S_FALSE)
