#!/bin/sh
# kubectl lapse: the clock of a cluster that `kubelapse serve` simulates. Put it on your PATH as kubectl-lapse.
usage="kubectl lapse [clock | pause | resume [SPEED] | step | back | goto OFFSET | until WORDS… | predict [NAME] |
                     do WORDS… | save]

  clock            how the clock stands
  pause, resume    it stands; it goes on (1, 10, 0.5 times as fast as on the wall, or max)
  step, back       to the next change, to before the last one
  goto 90s         to an instant of the run, on or back
  until WORDS      on to where it is so, within an hour: status=CrashLoopBackOff pod=web
  predict [NAME]   what may come from here on: of all, of pod/web, of deployment/web
  do WORDS         does something: delete pod/web gracePeriodSeconds=5
  save             prints the scenario with everything that was done"
ask() { # METHOD PATH [BODY]
    if [ "$1" = GET ]; then
        kubectl get --raw "/kubelapse/v1/$2"
    else
        printf '%s' "${3-}" | kubectl create --raw "/kubelapse/v1/$2" -f -
    fi
}
case "${1-clock}" in
    clock) ask GET clock ;;
    pause) ask POST clock/pause ;;
    resume) ask POST "clock/resume?speed=${2-1}" ;;
    step) ask POST clock/step ;;
    back) ask POST clock/back ;;
    goto) ask POST "clock/goto?at=${2?kubectl lapse goto OFFSET}" ;;
    until)
        shift
        ask POST "clock/until?what=$(printf '%s' "$*" | sed 's/%/%25/g; s/ /%20/g; s/&/%26/g; s/</%3C/g; s/>/%3E/g; s/+/%2B/g; s/#/%23/g')"
        ;;
    predict) ask GET "predict?of=${2-}" ;;
    do) shift; ask POST "do" "$*" ;;
    save) ask GET scenario ;;
    *) echo "$usage" >&2; exit 2 ;;
esac
