// By how much three slots' votes are for one colour: the colour << 28, then how far it leads in z and how far all ten lie
// apart, in steps of 1 / LEAD_STEPS, 14 bits each.

const LEAD_STEPS = 256.0;
const LEAD_MOST = 16383u;

fn lead_word(colour: u32, lead: f32, apart: f32) -> u32 {
    let steps = vec2(min(floor(lead * LEAD_STEPS), f32(LEAD_MOST)), min(ceil(apart * LEAD_STEPS), f32(LEAD_MOST)));
    return colour << 28u | u32(steps.x) << 14u | u32(steps.y);
}

// A colour, and at most how many of 2^23 numbers draw the others.
struct Likely {
    colour: u32,
    others: f32,
}

// What three such words come to: who disagrees takes off as much as all ten lie apart there.
fn likely_colour(upper: u32, middle: u32, lower: u32) -> Likely {
    let words = vec3(upper, middle, lower);
    let colours = words >> vec3(28u);
    let leads = words >> vec3(14u) & vec3(LEAD_MOST);
    let apart = words & vec3(LEAD_MOST);
    var colour = select(colours.x, colours.y, leads.y > leads.x);
    colour = select(colour, colours.z, leads.z > max(leads.x, leads.y));
    let agree = colours == vec3(colour);
    // No telling how far apart those are.
    let against = select(vec3<f32>(apart), vec3(1e9), apart == vec3(LEAD_MOST));
    let lead = select(-against, vec3<f32>(leads), agree);
    let odds = f32(COLOURS - 1u) * exp(-(lead.x + lead.y + lead.z) / (LEAD_STEPS * hyper.aggregator_temperature));
    // Some more than that, so that rounding never tells.
    return Likely(colour, odds * 8388608.0 + 16.0);
}
