#!/usr/bin/env bash
# A Slurm cluster of one node on this machine, for tests: munge, slurmctld and slurmd on loopback, as whoever starts it, with
# all their files in one folder.
#
#     scripts/slurm-here.sh start FOLDER    prints what to set: eval "$(scripts/slurm-here.sh start FOLDER)"
#     scripts/slurm-here.sh stop FOLDER
#
# Needs Debian's slurm-wlm and munge, or the like. Jobs share the node's processors four times over.
set -euo pipefail

command=${1:-}
folder=$(realpath --canonicalize-missing "${2:?name a folder for its files}")
# Debian keeps daemons where only root looks.
PATH=$PATH:/usr/sbin:/sbin

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# Tries a command for ten seconds.
until_true() {
  for _ in $(seq 100); do
    if "$@"; then return; fi
    sleep 0.1
  done
  return 1
}

is_ready() { sinfo --noheader --format %t 2> /dev/null | grep -q '^idle$'; }
no_jobs() { [ -z "$(squeue --noheader 2> /dev/null)" ]; }

start() {
  mkdir -p "$folder"/{state,spool,log}
  chmod 700 "$folder"
  head -c 1024 /dev/urandom > "$folder/munge.key"
  chmod 600 "$folder/munge.key"
  munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --seed-file="$folder/munge.seed" --log-file="$folder/log/munged.log" >&2

  local host processors
  host=$(hostname -s)
  processors=$(nproc)
  cat > "$folder/slurm.conf" << CONF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
# A job that queues again waits as long as a credential lives: two minutes, unless told.
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
KillWait=5
MinJobAge=10
ReturnToService=2
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$processors RealMemory=1000
PartitionName=here Nodes=$host Default=YES MaxTime=INFINITE OverSubscribe=FORCE:4
CONF
  export SLURM_CONF=$folder/slurm.conf
  slurmctld >&2
  slurmd >&2
  if until_true is_ready; then
    echo "export SLURM_CONF='$SLURM_CONF'"
  else
    tail -n 5 "$folder"/log/*.log >&2
    stop
    return 1
  fi
}

stop() {
  export SLURM_CONF=$folder/slurm.conf
  # Jobs would outlive slurmd.
  scancel --user="$(id -un)" || true
  until_true no_jobs || true
  for daemon in slurmd slurmctld munged; do
    if [ -f "$folder/$daemon.pid" ]; then
      kill "$(cat "$folder/$daemon.pid")" || true
      # It removes the file when it is done.
      until_true [ ! -f "$folder/$daemon.pid" ] || true
    fi
  done
}

case $command in
  start | stop) "$command" ;;
  *)
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
