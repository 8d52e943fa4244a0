"""A clock that jumps: nothing that waits for something goes by the time of day."""

from collections.abc import Iterator

import pytest

from tests.on_host import PLAN, configuration, program, shell
from tests.test_export_guard import SILENT, TEXT, host, net, run
from tests.test_guard import stand_in
from tests.test_ssh import OLD, Net
from vxlan_tui.rehearsal.host import Host

__all__ = ["host", "net"]

# The machine's clock is everybody's, so it is one for a run and all that it starts: at every look, an hour or ten
# minutes have gone by, or the hour is taken back. What a look at the time since the boot gives is left alone.
_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static long jump(void) { static long by[] = {3600, 4200, 0}; static unsigned n; return by[n++ % 3]; }
int clock_gettime(clockid_t id, struct timespec *at) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(id, at);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) at->tv_sec += jump();
    return status;
}
int gettimeofday(struct timeval *at, void *zone) {
    int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
    int status = real(at, zone);
    at->tv_sec += jump();
    return status;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""

CLOCK = "/root/clock.so"


@pytest.fixture
def jumping(host: Host) -> Iterator[Host]:
    """A host with a clock that jumps, for whoever asks for it; and with an nmcli and a ping that know the right one."""
    host.run(["tee", "/root/clock.c"], input=_CLOCK)
    shell(host, "gcc -shared -fPIC -o /root/clock.so /root/clock.c -ldl")
    for tool in ("nmcli", "ping"):
        stand_in(host, tool, "unset LD_PRELOAD")
    shell(host, f"cp {PLAN} /root/plan.kept")
    yield host
    shell(host, f"mv /root/plan.kept {PLAN}")


def test_the_clock_of_this_test_jumps(jumping: Host) -> None:
    """By which bash's own count of seconds goes wrong."""
    told = jumping.run(["bash", "-c", 'echo "$SECONDS"; echo "$SECONDS"'], env={"LD_PRELOAD": CLOCK}).stdout.split()
    assert any(abs(int(seconds)) >= 600 for seconds in told)


def test_apply_keeps_and_takes_back_as_ever(jumping: Host, net: Net) -> None:
    apply = ("vxlan-tui", "apply", PLAN, "--yes", "--only", "ethernet,bridge")
    jumping.run(["tee", PLAN], input=SILENT)
    done = jumping.run(apply, env={"LD_PRELOAD": CLOCK}, check=False, timeout=120)
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"As before, enp1s0 has {OLD}/24" in done.stdout
    assert configuration(jumping) == net.before
    jumping.run(["tee", PLAN], input=TEXT)
    done = jumping.run(apply, env={"LD_PRELOAD": CLOCK}, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nmcli connection up id Example" in program(jumping, "log")


def test_a_script_keeps_and_takes_back_as_ever(jumping: Host, net: Net) -> None:
    assert f"As before, enp1s0 has {OLD}/24" in run(jumping, SILENT, status=4, LD_PRELOAD=CLOCK)
    assert configuration(jumping) == net.before
    assert "It is kept" in run(jumping, LD_PRELOAD=CLOCK)
