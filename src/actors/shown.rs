//! kubectl's columns of a pod, as they are recorded: asked of `rules::printing`.

use crate::rules::gates::Gates;
use crate::rules::printing;
use crate::world::Pod;
use crate::world::pod::Shown;

/// STATUS, READY and the restart count.
pub fn of(p: &Pod, gates: &Gates) -> Shown {
    let columns = printing::columns(&p.spec, &p.status, p.deletion.is_some(), gates);
    Shown {
        status: columns.status.sym(),
        ready: (columns.ready as u16, columns.total as u16),
        restarts: columns.restarts as i32,
    }
}
