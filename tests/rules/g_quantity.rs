//! Set G, quantities: `resource.Quantity`.

use std::cmp::Ordering;

use kubelapse::rules::machinery::quantity::{Format, Quantity, QuantityError};
use serde_json::{Value, json};

use super::harness::check;

#[test]
fn quantities_are_exact() {
    check("G_quantity", |case| {
        answer(&case.input).unwrap_or_else(|error| json!({ "error": error.to_string() }))
    });
}

fn answer(input: &Value) -> Result<Value, QuantityError> {
    let number = i128::from(input["n"].as_i64().unwrap_or_default());
    let texts = input["q"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let quantities = texts.map(Quantity::parse).collect::<Result<Vec<_>, _>>()?;
    let fold =
        |op: fn(Quantity, Quantity) -> Quantity| quantities.iter().copied().reduce(op).unwrap_or_default();
    let quantity = match input["op"].as_str().unwrap_or_default() {
        "add" => fold(Quantity::plus),
        "sub" => fold(Quantity::minus),
        "newMilli" => Quantity::from_nanos(number * 1_000_000, Format::DecimalSI),
        "newBinary" => Quantity::from_nanos(number * 1_000_000_000, Format::BinarySI),
        "newDecimal" => Quantity::from_nanos(number * 1_000_000_000, Format::DecimalSI),
        "cmp" => {
            return Ok(json!({ "cmp": match quantities[0].cmp_value(quantities[1]) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }}));
        }
        _ => quantities[0],
    };
    Ok(json!({
        "string": quantity.to_string(),
        "value": quantity.value(),
        "milliValue": quantity.milli_value(),
        "format": quantity.format.as_str(),
        "sign": quantity.sign(),
    }))
}
