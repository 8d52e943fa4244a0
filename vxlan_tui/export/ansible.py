"""A directory for ansible-playbook: the hosts, and plays that run each host's own script.

No modules of Ansible's: none knows all that the chapter takes (a VXLAN's port, its learning, who is let in), and a
script that has been read does the same by hand. What a script says it ran, or would run, is what counts as changed.
"""

import json
from collections.abc import Iterator, Mapping

from vxlan_tui.export.script import script, undo_script
from vxlan_tui.plan import Host, Plan, printable
from vxlan_tui.procedures import things

_PLAY = """\
# {title}
#
#     ansible-playbook -i inventory.yml {name}.yml --check       says what it would run, and changes nothing
#     ansible-playbook -i inventory.yml {name}.yml --limit host-a
#     ansible-playbook -i inventory.yml {name}.yml --forks 50 -e serial=100
#
# Each host runs its own script from {name}/. Read it: it is all that is done there.
- name: {quoted}
  hosts: vxlan_tui
  gather_facts: false
  strategy: free
  serial: "{{{{ serial | default('100%') }}}}"
  tasks:
    - name: {task}
      ansible.builtin.script:
        cmd: "{name}/{{{{ inventory_hostname }}}}.sh{{{{ ' --check' if ansible_check_mode else '' }}}}"
      check_mode: false
      register: ran
      # The scripts print each command behind `# `; with --check, exit status 1 behind one only says that there is one.
      changed_when: ran.stdout is search('(?m)^# ')
      failed_when: >-
        ran.rc != 0 and not (ansible_check_mode and ran.rc == 1 and ran.stdout is search('(?m)^# ')
        and (ran.stdout ~ ran.stderr) is not search('Stopped'))
"""


def directory(plan: Plan) -> Iterator[tuple[str, str]]:
    """Return the files of the directory: their names in it, and their texts."""
    yield "inventory.yml", inventory(plan)
    title = f"What the plan {printable(str(plan.path))} asks for"
    yield "site.yml", _play("site", title, task="Carry out what is missing")
    title = f"Undo of the plan {printable(str(plan.path))}"
    yield "undo.yml", _play("undo", title, task="Take back what was done")
    for host in plan.hosts:
        rows = things(plan, host, None)
        yield f"site/{host.name}.sh", script(plan, host, rows)
        yield f"undo/{host.name}.sh", undo_script(plan, host, rows)


def _play(name: str, title: str, task: str) -> str:
    return _PLAY.format(name=name, title=title, quoted=_word(title), task=task)


def inventory(plan: Plan) -> str:
    """Return the inventory: the hosts of the plan, each with what its `ssh` says."""
    lines = ["# The hosts of the plan. A user other than root has sudo without a password.", "vxlan_tui:", "  hosts:"]
    for host in plan.hosts:
        lines.append(f"    {_word(host.name)}:")
        lines += [f"      {key}: {_word(value)}" for key, value in variables(host).items()]
    return "\n".join([*lines, ""])


def variables(host: Host) -> Mapping[str, str | int | bool]:
    """Return a host's variables: where it is reached, and as whom."""
    if host.ssh is None:
        return {"ansible_become": True}
    user, at, where = host.ssh.removeprefix("ssh://").rpartition("@")
    name, colon, port = where.rpartition(":") if host.ssh.startswith("ssh://") else (where, "", "")
    found: dict[str, str | int | bool] = {"ansible_host": name if colon else where}
    if at:
        found["ansible_user"] = user
    if colon:
        found["ansible_port"] = int(port)
    return {**found, "ansible_become": user != "root"}


def _word(value: str | int | bool) -> str:
    """Return a value in YAML, of which JSON is a part."""
    return json.dumps(value)
