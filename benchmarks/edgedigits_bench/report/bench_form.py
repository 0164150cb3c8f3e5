"""The JSON form of `edgedigits bench`, which `bench compare`, `bench report` and the tables in the docs read."""

from typing import NotRequired, TypedDict

from edgedigits_bench.accuracy.verify_form import VerifyForm

SCHEMA = 1


class StateForm(TypedDict):
    """What changes on a device: taken before and after a run; null for what cannot be found out.

    Attributes:
        governor: of the first core's clock.
        clock_mhz: of the first core.
        temperature_c: the hottest sensor's.
        throttled: whether the firmware has slowed the processor down.
        load: processes that wait for a core, as a mean over a minute.
    """

    governor: str | None
    clock_mhz: float | None
    temperature_c: float | None
    throttled: bool | None
    load: float | None


class BundleForm(TypedDict):
    """Which bundle was measured.

    Attributes:
        name: the model's name.
        sha256: over the names and hashes of its files.
    """

    name: str
    sha256: str


class DeviceForm(TypedDict):
    """The machine that was measured; null for what cannot be found out.

    Attributes:
        machine: the instruction set, as x86_64 or aarch64.
        model: the board or computer.
        cpu: the processor.
        cores: how many it has.
        usable_cores: how many this process may use.
        instruction_sets: those that matter to the engines' kernels.
        memory_mb: main memory.
        system: the operating system.
        kernel: its version.
        python: its version.
        packages: the version of each package that takes part.
        commit: of the working copy, "+" behind it if something was changed.
        bundle: what was measured.
        time: when, in UTC.
        before: the state before the run.
        after: the state after it.
        installed_bytes: the size of the installed packages.
    """

    machine: str
    model: str | None
    cpu: str | None
    cores: int | None
    usable_cores: int
    instruction_sets: list[str]
    memory_mb: int | None
    system: str
    kernel: str
    python: str
    packages: dict[str, str]
    commit: str | None
    bundle: BundleForm | None
    time: NotRequired[str]
    before: NotRequired[StateForm]
    after: NotRequired[StateForm]
    installed_bytes: NotRequired[int | None]


class TimingForm(TypedDict):
    """Latency of one call; null where the rounds disagree too much for a figure.

    Attributes:
        runs: how many calls were timed.
        p50_us: the median, in microseconds, as all of these.
        p90_us: nine of ten calls are faster.
        p99_us: 99 of 100 are.
        mean_us: the mean.
        deviation_us: the standard deviation.
        rounds_us: the median in each round.
        spread: how well the median of the rounds is known, relative to it.
        noisy: whether the rounds disagree too much.
    """

    runs: int
    p50_us: float | None
    p90_us: float | None
    p99_us: float | None
    mean_us: float | None
    deviation_us: float | None
    rounds_us: list[float]
    spread: float
    noisy: bool


class RowForm(TimingForm):
    """One configuration of one artifact.

    Attributes:
        artifact: the file.
        engine: what runs it.
        threads: CPU threads.
        batch: images in one call.
        images_per_second: at the median latency.
        input_us: of the engine's own call: filling in the input.
        invoke_us: running the network.
        output_us: taking the output.
        first_call_us: the first call in a fresh process.
        load_ms: reading, checking and loading the artifact in a fresh process.
        peak_rss_mb: the most resident memory until after the first call.
        size_bytes: the file's size.
        accuracy: on the test images.
    """

    artifact: str
    engine: str
    threads: int
    batch: int
    images_per_second: float | None
    input_us: float | None
    invoke_us: float | None
    output_us: float | None
    first_call_us: float | None
    load_ms: float | None
    peak_rss_mb: float | None
    size_bytes: int
    accuracy: float | None


class EvaluationForm(TypedDict):
    """How an artifact did on a data set.

    Attributes:
        images: how many there were.
        correct: how many it got right.
        accuracy: their share.
        interval: its 95 % confidence interval (Wilson).
        drop_pp: float accuracy minus this accuracy, in percentage points.
        agreement: the share of images for which both give the same answer.
        worst_class: the class that it misses most often.
        worst_accuracy: the accuracy on that class.
        mcnemar_p: how likely so uneven a difference from the float model is by chance alone.
        lost: how many images only the float model gets right; results of 0.1.0 do not say.
        won: how many images only this one gets right; likewise.
    """

    images: int
    correct: int
    accuracy: float
    interval: list[float]
    drop_pp: float
    agreement: float
    worst_class: int
    worst_accuracy: float
    mcnemar_p: float
    lost: NotRequired[int]
    won: NotRequired[int]


class ColdStartForm(TypedDict):
    """A fresh process until its first answer.

    Attributes:
        interpreter_ms: from the launch until Python runs the first line.
        imports_ms: importing the runtime and the engine.
        load_ms: reading, checking and loading the artifact.
        first_call_us: the first call, in microseconds.
        rss_mb: resident memory after loading.
        peak_rss_mb: the most resident memory until after the first call.
        total_ms: from the launch until the first answer.
    """

    interpreter_ms: float
    imports_ms: float
    load_ms: float
    first_call_us: float
    rss_mb: float
    peak_rss_mb: float
    total_ms: float


class MeasuredForm(TypedDict):
    """What was measured of one artifact besides latency; only what could be measured is there.

    Attributes:
        file: the artifact.
        engine: what runs it; null where none does.
        size_bytes: the file's size.
        error: why it could not be run.
        delegate: what the engine hands the network to.
        delegated: how many operators the delegate took.
        operators: the operators that are run.
        arena_bytes: the most bytes of activations that live at once.
        evaluation: on the test images.
        cold_ratio: cold start relative to the imports that any program needs.
        cold_start: a fresh process with our runtime.
        cold_start_error: how that process failed.
        bare_cold_start: a fresh process without our runtime.
        bare_cold_start_error: how that process failed.
        call_ratio: our call relative to the engine's own.
        robustness: for each corruption one evaluation a strength.
    """

    file: str
    engine: str | None
    size_bytes: int
    error: NotRequired[str | None]
    delegate: NotRequired[str]
    delegated: NotRequired[int | None]
    operators: NotRequired[list[str] | None]
    arena_bytes: NotRequired[int | None]
    evaluation: NotRequired[EvaluationForm]
    cold_ratio: NotRequired[float | None]
    cold_start: NotRequired[ColdStartForm]
    cold_start_error: NotRequired[str]
    bare_cold_start: NotRequired[ColdStartForm]
    bare_cold_start_error: NotRequired[str]
    call_ratio: NotRequired[float | None]
    robustness: NotRequired[dict[str, list[EvaluationForm]]]


class PeerForm(TypedDict):
    """Another engine with the same model, or why it could not run; timing as in a row.

    Attributes:
        engine: its name.
        model: the file that it was given.
        version: of its package.
        agreement: the share of images for which it answers as the float model does.
        error: why it could not run.
    """

    engine: str
    model: str
    version: NotRequired[str]
    agreement: NotRequired[float]
    error: NotRequired[str]
    runs: NotRequired[int]
    p50_us: NotRequired[float | None]
    p90_us: NotRequired[float | None]
    p99_us: NotRequired[float | None]
    mean_us: NotRequired[float | None]
    deviation_us: NotRequired[float | None]
    rounds_us: NotRequired[list[float]]
    spread: NotRequired[float]
    noisy: NotRequired[bool]


class OperatorForm(TypedDict):
    """The time of one operator, or why it could not be measured.

    Attributes:
        operator: its number and kind.
        us: microseconds in one call.
        share: of the whole call.
        error: why the operators could not be timed.
    """

    operator: str
    us: float
    share: float
    error: NotRequired[str]


class LimitsForm(TypedDict):
    """What the runtime's own code may cost.

    Attributes:
        call_ratio: one call relative to the engine's own.
        cold_ratio: a cold start relative to the imports that any program needs.
    """

    call_ratio: float
    cold_ratio: float


class BenchForm(TypedDict):
    """The object that `edgedigits bench --json` prints.

    Attributes:
        schema: the version of this form.
        device: the machine that was measured.
        results: one row for each configuration.
        artifacts: what else was measured, one entry for each artifact.
        limits: what the runtime's own code may cost.
        peers: other engines with the same model; empty unless asked for.
        profile: for each artifact the time of its operators; empty unless asked for.
        gate: what `edgedigits verify --json` prints.
        recommended: the artifact to ship; null where none can be recommended.
        reason: why, in one line.
    """

    schema: int
    device: DeviceForm
    results: list[RowForm]
    artifacts: list[MeasuredForm]
    limits: LimitsForm
    peers: list[PeerForm]
    profile: dict[str, list[OperatorForm]]
    gate: VerifyForm
    recommended: str | None
    reason: str
