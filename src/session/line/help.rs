//! What `help` tells: all commands, in one table.

/// All commands.
pub const HELP: &str = "\
Move       next [N]           the next change that kubectl would show (Enter alone does it too)
           event [N]          the next queued event
           pod [N]            the next change of the selected pod (or workload)
           failure            the next thing that goes wrong
           goto 1m30s         to an instant; goto +10s, goto -10s from here
           until WORDS        to where it is so: status=CrashLoopBackOff pod=web, phase=Failed,
                              condition=Ready:False, event=BackOff, restarts>=3, exit=137, gone,
                              rollout=complete deployment=web, ready>=3 service=web
           end, start         to the end, to the start
Back       back [MOVE]        any of these moves backwards: back, back event 3, back failure, back until ...
Stops      break WORDS        sets a breakpoint; breaks lists them, clear removes them
           continue           to the next breakpoint; back continue
Look       get [KIND]         kubectl get pods -o wide; get pods, deployments, rs, svc, endpoints, endpointslices, all,
                              events, nodes, pdb, hpa, quota, limits, pvc, pv, sc, cm, secret, sa;
                              -o wide|yaml|json|name|jsonpath=..., -n NAMESPACE, -A, -l LABELS, --field-selector ...
           tree               workloads with their ReplicaSets and pods, and Services: how many were available, what came last
           select POD         the pod that the following is about, or the workload: select deployment/web
           describe [POD]     kubectl describe pod; describe node NAME, deployment/NAME, svc/NAME, pvc/NAME, pv/NAME
           events [POD]       its events
           logs [POD] [-c CONTAINER] [--previous]; logs deployment/NAME, -l LABELS, --tail N
           rollout history deployment/NAME [--revision N]
           strip [POD]        its life as a strip of time
           history [N]        the last changes
Ask        why [WORD]         why the last change came (why phase, why Ready, why event, why app), that of a pod
                              (why pod/web Ready), or why a workload is as it is: why deployment/web
           coming             what waits in the queue
           predict [POD]      what may come from here on, under other luck: windows and chances; predict deployment/web
           ask                a question about what comes; answer 1 to 4; skip
           quiz on|off        a question before every change of STATUS, and a lesson's own
           hint, score, debrief
Act        do ACTION          any action of the scenario format, now: do delete pod/web gracePeriodSeconds=5,
                              do cordon node/node-0, do kill pod/web container=app, do create ConfigMap/settings;
                              or as for kubectl: do set image pod/web app=web:2, do label pod web tier-
           undo               takes the last thing back that was done, and stands where it was done
                              (an action in the past drops what was done later; undo brings that back)
           save FILE          everything so far as a scenario that replays to the same bytes
           quit               leaves
";

/// What a lesson adds.
pub(super) const IN_A_LESSON: &str = "\
Lesson     the questions come by themselves when you go on; answer 2 (or just 2) answers,
           hint helps for half of the point, skip passes one by, again [N] asks one once more.
           Look around as long as you like before.
           What waits in the queue and what you do yourself come after the last question.
";
