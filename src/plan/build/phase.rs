//! How a network is trained in a stretch of epochs, and what `at epoch` changes of it.

use super::arguments::Call;
use super::{Built, number, optional, whole, within, wrong};
use crate::optim::{Curve, Optimizer, Schedule};
use crate::plan::training::Phase;
use crate::plan::value::Value;
use crate::vocabulary::Category;

/// An update rule.
pub fn optimizer(value: &Value) -> Built<Optimizer> {
    let call = Call::new(Category::Optimizer, value);
    let name = call.name();
    let rate = call.number("rate")?;
    if !rate.is_finite() || rate < 0.0 {
        return Err(wrong(call.place("rate"), format!("must be 0 or more, and got {rate}")));
    }
    let share = |key: &str| within(&call.place(key), call.number(key)?, 0.0, 1.0);
    Ok(match name {
        "sgd" => Optimizer::Sgd { rate, momentum: share("momentum")?, nesterov: call.flag("nesterov")? },
        "rmsprop" => Optimizer::RmsProp { rate, decay: share("decay")?, epsilon: call.number("epsilon")? },
        "adam" => {
            Optimizer::Adam { rate, beta1: share("beta1")?, beta2: share("beta2")?, epsilon: call.number("epsilon")? }
        }
        "adamw" => Optimizer::AdamW {
            rate,
            beta1: share("beta1")?,
            beta2: share("beta2")?,
            epsilon: call.number("epsilon")?,
            weight_decay: call.number("weight_decay")?,
        },
        "adagrad" => Optimizer::Adagrad { rate, epsilon: call.number("epsilon")? },
        "lion" => Optimizer::Lion {
            rate,
            beta1: share("beta1")?,
            beta2: share("beta2")?,
            weight_decay: call.number("weight_decay")?,
        },
        other => return Err(wrong("optimizer", format!("`{other}` is not an optimizer"))),
    })
}

/// A learning-rate schedule.
pub fn schedule(value: &Value) -> Built<Schedule> {
    let call = Call::new(Category::Schedule, value);
    let curve = match call.name() {
        "constant" => Curve::Constant,
        "inverse" => Curve::Inverse { decay: call.number("decay")? },
        "exponential" => Curve::Exponential { decay: call.number("decay")? },
        "step" => Curve::Step { every: call.count("every")? as f64, factor: call.number("factor")? },
        "cosine" => Curve::Cosine { last: call.number("final")? },
        other => return Err(wrong("schedule", format!("`{other}` is not a schedule"))),
    };
    Ok(Schedule { curve, warmup: call.number("warmup")? })
}

/// Examples a step; `all` is `None`.
pub fn batch(value: &Value) -> Built<Option<u32>> {
    match value {
        Value::Word(word) if word == "all" => Ok(None),
        Value::Number(x) => Ok(Some(whole("batch", *x, 1)? as u32)),
        other => Err(wrong("batch", format!("is a number or `all`, not {}", other.name()))),
    }
}

/// Change one setting of a phase, as `at epoch` does. `rate`, `momentum`, `beta1`, … change the optimizer that is there.
pub fn change(phase: &mut Phase, key: &str, value: &Value) -> Built<()> {
    match key {
        "optimizer" => phase.optimizer = optimizer(value)?,
        "schedule" => {
            phase.schedule = schedule(value)?;
            phase.schedule_after = phase.after;
        }
        "batch" => phase.batch = batch(value)?,
        "l2" => phase.l2 = optional("l2", Some(value))?.unwrap_or(0.0),
        "clip" => phase.clip = optional("clip", Some(value))?,
        "dropout" => phase.dropout = Some(within("dropout", number(key, value)?, 0.0, 1.0 - 1e-9)?),
        key => return change_optimizer(&mut phase.optimizer, key, value),
    }
    Ok(())
}

fn change_optimizer(optimizer: &mut Optimizer, key: &str, value: &Value) -> Built<()> {
    use Optimizer::*;
    if let (Sgd { nesterov, .. }, "nesterov") = (&mut *optimizer, key) {
        *nesterov = value.name() == "true";
        return Ok(());
    }
    let x = number(key, value)?;
    let slot = match (optimizer, key) {
        (
            Sgd { rate, .. }
            | RmsProp { rate, .. }
            | Adam { rate, .. }
            | AdamW { rate, .. }
            | Adagrad { rate, .. }
            | Lion { rate, .. },
            "rate",
        ) => rate,
        (Sgd { momentum, .. }, "momentum") => momentum,
        (RmsProp { decay, .. }, "decay") => decay,
        (Adam { beta1, .. } | AdamW { beta1, .. } | Lion { beta1, .. }, "beta1") => beta1,
        (Adam { beta2, .. } | AdamW { beta2, .. } | Lion { beta2, .. }, "beta2") => beta2,
        (
            RmsProp { epsilon, .. } | Adam { epsilon, .. } | AdamW { epsilon, .. } | Adagrad { epsilon, .. },
            "epsilon",
        ) => epsilon,
        (AdamW { weight_decay, .. } | Lion { weight_decay, .. }, "weight_decay") => weight_decay,
        _ => return Err(wrong(key, "is not a setting of the optimizer that is in use")),
    };
    *slot = x;
    Ok(())
}
