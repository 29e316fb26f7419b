//! JSON patches (RFC 6902), with what the API server allows besides: an index from the end of a list, a removal that finds nothing.
//!
//! Source: gopkg.in/evanphx/json-patch.v4 (`Patch.Apply`), as staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go calls
//! it (1.36.3).

use serde_json::Value;

use super::store::weight;

/// Why a patch cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// A `test` did not hold, or the patch is none.
    Test,
    /// There is no such place.
    Path(String),
    /// It has too many operations, or makes too much by copying.
    TooMuch(String),
}

/// So many operations may a patch have (`maxJSONPatchOperations`), and so many bytes may its copies come to.
const MOST: usize = 10_000;
const MOST_COPIED: usize = 3 << 20;

/// Applies it, in its order; where it cannot be, nothing of what comes of it counts.
///
/// # Errors
/// Why not.
pub fn apply(object: &mut Value, patch: &Value) -> Result<(), Problem> {
    let count = patch.as_array().map_or(0, Vec::len);
    if count > MOST {
        let words = format!("The allowed maximum operations in a JSON patch is {MOST}, got {count}");
        return Err(Problem::TooMuch(words));
    }
    let mut copied = 0;
    for step in patch.as_array().ok_or(Problem::Test)? {
        let path = step["path"].as_str().ok_or(Problem::Test)?;
        let value = || step.get("value").cloned().unwrap_or(Value::Null);
        let from = || {
            let from = step["from"].as_str().ok_or(Problem::Test)?;
            object_at(object, from).cloned().ok_or_else(|| Problem::Path(from.to_owned()))
        };
        match step["op"].as_str().unwrap_or_default() {
            "add" => put(object, path, value(), true)?,
            "replace" => put(object, path, value(), false)?,
            "remove" => remove(object, path)?,
            "test" => {
                let own = object_at(object, path).unwrap_or(&Value::Null);
                if *own != value() {
                    return Err(Problem::Test);
                }
            }
            "copy" => {
                let value = from()?;
                copied += weight(&value);
                if copied > MOST_COPIED {
                    let words = format!(
                        "Unable to complete the copy, the accumulated size increase of copy is {copied}, \
                                         exceeding the limit {MOST_COPIED}"
                    );
                    return Err(Problem::TooMuch(words));
                }
                put(object, path, value, true)?;
            }
            "move" => {
                let value = from()?;
                remove(object, step["from"].as_str().unwrap_or_default())?;
                put(object, path, value, true)?;
            }
            _ => return Err(Problem::Test),
        }
    }
    Ok(())
}

fn object_at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    object.pointer(path)
}

/// The place that holds the last part of a path, and that part.
fn parent<'a>(object: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Problem> {
    let lost = || Problem::Path(path.to_owned());
    let (place, last) = path.rsplit_once('/').ok_or_else(lost)?;
    let last = last.replace("~1", "/").replace("~0", "~");
    Ok((object.pointer_mut(place).ok_or_else(lost)?, last))
}

fn index(word: &str, length: usize) -> Option<usize> {
    match word.parse::<i64>().ok()? {
        from_end @ ..0 => length.checked_sub(usize::try_from(-from_end).ok()?),
        index => usize::try_from(index).ok(),
    }
}

fn put(object: &mut Value, path: &str, value: Value, is_new: bool) -> Result<(), Problem> {
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    let lost = || Problem::Path(path.to_owned());
    let (place, last) = parent(object, path)?;
    match place {
        Value::Object(members) => {
            if !is_new && !members.contains_key(&last) {
                return Err(lost());
            }
            members.insert(last, value);
        }
        Value::Array(list) if is_new => {
            let at = if last == "-" { list.len() } else { index(&last, list.len()).ok_or_else(lost)? };
            if at > list.len() {
                return Err(lost());
            }
            list.insert(at, value);
        }
        Value::Array(list) => {
            let at = index(&last, list.len()).ok_or_else(lost)?;
            *list.get_mut(at).ok_or_else(lost)? = value;
        }
        _ => return Err(lost()),
    }
    Ok(())
}

fn remove(object: &mut Value, path: &str) -> Result<(), Problem> {
    let lost = || Problem::Path(path.to_owned());
    let (place, last) = parent(object, path)?;
    match place {
        Value::Object(members) => members.shift_remove(&last).map(drop).ok_or_else(lost),
        Value::Array(list) => {
            let at = index(&last, list.len()).filter(|at| *at < list.len()).ok_or_else(lost)?;
            list.remove(at);
            Ok(())
        }
        _ => Err(lost()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_operation_does_what_it_says_and_the_order_of_members_stays() {
        let mut object = json!({ "a": 1, "b": { "c/d": [1, 2] }, "e": 3 });
        let patch = json!([
            { "op": "test", "path": "/a", "value": 1 },
            { "op": "remove", "path": "/a" },
            { "op": "add", "path": "/b/c~1d/-", "value": 3 },
            { "op": "replace", "path": "/b/c~1d/-1", "value": 4 },
            { "op": "copy", "from": "/e", "path": "/f" },
            { "op": "move", "from": "/e", "path": "/g" },
        ]);
        assert_eq!(apply(&mut object, &patch), Ok(()));
        assert_eq!(object.to_string(), r#"{"b":{"c/d":[1,2,4]},"f":3,"g":3}"#);
        let failing = json!([{ "op": "test", "path": "/f", "value": 4 }]);
        assert_eq!(apply(&mut object, &failing), Err(Problem::Test));
        let nowhere = json!([{ "op": "replace", "path": "/x/y", "value": 4 }]);
        assert_eq!(apply(&mut object, &nowhere), Err(Problem::Path("/x/y".to_owned())));
    }
}
