"""The checks: run in a thread, each finding shown as it arrives; what is not ready yet is checked again by itself."""

import asyncio
import time

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.fleet import STOPS
from vxlan_tui.plan import Host, Plan
from vxlan_tui.ui import remedies
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.running import Running
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.host_work import HostWork
from vxlan_tui.ui.model import Basis, Model
from vxlan_tui.ui.render_checks import WHILE_RUNNING, verdict

SILENT = "vm-no-arp-reply"
"""The cause of a failure that a VM that still starts up has as well."""

STARTING = 60.0
"""Seconds that a VM may take until it answers."""

AGAIN = 10.0
"""Seconds after which the checks run again while a VM starts up."""


class Checking:
    """Runs the checks."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, running: Running) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._running = running

    async def check(self, by_itself: bool = False) -> None:
        """Run all checks anew; what is shown stays until its new finding is there.

        Checks that ran `by_itself` leave the mark where it is.
        """
        model, basis = self._model, self._model.basis
        plan = basis.plan
        hosts = tuple(host for host in model.worked if not model.work_of(host.name).unreached)
        if plan is None or not hosts or model.checking:
            return
        if model.running:
            self._shell.tell(WHILE_RUNNING, "warning")
            return
        model.checking, model.waits = True, 0.0
        for host in hosts:
            model.work_of(host.name).verified = "checking"
        ready = await asyncio.gather(*(self._ready(plan, host) for host in hosts))
        await self._check(basis, [host for host, is_ready in zip(hosts, ready, strict=True) if is_ready])
        holds = basis == model.basis
        for host in hosts:
            self._checked(model.work_of(host.name), holds)
        model.checking = False
        if holds:
            self._wait()
        self._shell.show()
        if not holds and model.current == "verify" and not model.running:
            await self.check(by_itself)
        elif not by_itself:
            self._shell.settled("verify")

    async def _ready(self, plan: Plan, host: Host) -> bool:
        """Put the checks to come on screen, or why they cannot be run."""
        work = self._model.work_of(host.name)
        try:
            work.unchecked = await self._shell.in_thread(lambda: self._engine.unchecked(plan, host))
        except STOPS as error:
            work.unchecked = str(error)
        if not work.unchecked:
            planned = await self._shell.in_thread(lambda: self._engine.planned(plan, host))
            before = {finding.key: finding for finding in work.findings}
            work.findings = [before.get(finding.key, finding) for finding in planned]
            work.pending = {finding.key for finding in planned}
        self._shell.show()
        return not work.unchecked

    async def _check(self, basis: Basis, hosts: list[Host]) -> None:
        """Check hosts at once, so that each one's end of a way is read where it is."""
        plan = basis.plan
        if plan is None or not hosts:
            return

        def tell(name: str, finding: Finding) -> None:
            self._shell.from_thread(self._found, basis, name, finding)

        try:
            found, why = await self._shell.in_thread(lambda: self._engine.check(plan, hosts, tell)), ""
        except STOPS as error:
            found, why = {}, str(error)
        if basis != self._model.basis:
            return
        for host in hosts:
            work = self._model.work_of(host.name)
            work.unchecked = why
            if host.name in found:
                work.findings, work.pending = list(found[host.name]), set()

    def _checked(self, work: HostWork, holds: bool) -> None:
        """Take how the checks of a host ended; what is of before the last change is no verdict."""
        work.findings = [finding for finding in work.findings if finding.key not in work.pending]
        work.pending = set()
        work.verified = ("not ready" if work.unchecked else verdict(work.findings)) if holds else ""

    def _found(self, basis: Basis, name: str, finding: Finding) -> None:
        if basis != self._model.basis:
            return
        work = self._model.work_of(name)
        work.pending.discard(finding.key)
        keys = [known.key for known in work.findings]
        if finding.key in keys:
            work.findings[keys.index(finding.key)] = finding
        else:
            work.findings.append(finding)
        self._shell.show()

    def _wait(self) -> None:
        """Have the checks run again where something is not ready yet, or a VM still starts up."""
        wait = max((finding.wait for work in self._model.works for finding in work.findings), default=0.0)
        wait = wait or (AGAIN if self._starts_up() else 0.0)
        if wait:
            self._model.waits = wait + 1
            self._say_the_wait()

    def _starts_up(self) -> bool:
        """Return whether VMs that do not answer are all that failed, and one was started from here just now."""
        works = self._model.works
        failed = {finding.cause for work in works for finding in work.findings if finding.status is Status.FAIL}
        commands = (command for work in works for output in work.outputs.values() for command in output.commands)
        started = [command.started for command in commands if command.text.startswith("virsh start ")]
        return failed == {SILENT} and time.monotonic() - max(started, default=-STARTING) < STARTING

    def _say_the_wait(self) -> None:
        for work in self._model.works:
            waits = any(finding.wait for finding in work.findings)
            if waits and not any(finding.status is Status.FAIL for finding in work.findings):
                work.verified = f"wait {self._model.waits:.0f} s"

    def second(self) -> None:
        """A second has passed: count down what is waited for, and check again when it is over."""
        model = self._model
        if not model.waits or model.checking:
            return
        if model.running:
            model.waits = 0.0
            return
        model.waits = max(0.0, model.waits - 1)
        if model.waits:
            self._say_the_wait()
            self._shell.show()
        else:
            self._shell.begin(self.check(by_itself=True))

    async def remedy(self, host: str, finding: Finding) -> None:
        """Run what mends a finding on a host, and check again."""
        ran = await self._running.remedy(host, remedies.of_finding(finding))
        if ran:
            await self.check()
