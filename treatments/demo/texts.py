"""What the demo clinic says of its treatments and its people. Honest words, written for it."""

CONSULTATION_TEXT = """\
A talk without needles. You tell us what you would like us to look at and what you hope for; \
we tell you what a course of treatment looks like, what it asks of you, and what it costs.

We ask about your health, medicines and earlier treatments of your face, so that we can say \
whether we would needle at all. If we would not, we tell you why, and what you might ask your \
doctor. You decide afterwards, at home, in your own time."""

CONSULTATION_BEFORE = """\
Think about what bothers you and what you would be content with. A photograph in which you \
like yourself helps us to understand.

Bring a list of the medicines that you take, and the dates of any injections, peels or laser \
treatments of your face. You do not need to take off your make-up for a talk."""

CONSULTATION_AFTER = """\
Take your time. We send nothing and call nobody to remind you to decide.

If you would like to go on, book a first visit. If something about your health changes \
before then, tell us when you come."""

FIRST_VISIT_TEXT = """\
Ninety minutes, with nobody else in your practitioner's care. We go through your health \
history, look at your skin in good light and agree on what to needle and what to leave alone.

Then come the fine needles: about forty in the face and a dozen on arms and legs, a few at a \
time. You rest for twenty-five minutes under a blanket, with a bell in your hand. Each needle \
is sterile, used once, and counted in and out."""

FIRST_VISIT_BEFORE = """\
Eat something within the two hours before, and drink some water. Come with a clean face, \
without make-up or heavy cream.

Keep taking the medicines that your doctor gave you. Leave out alcohol on the day. Put the \
visit off, free of charge, if you have a cold sore, a fever, sunburn or an infection of the \
skin, and tell us if you are pregnant or might be.

If you have a wedding or another big day ahead, leave at least ten days between it and us: a \
bruise may need a week."""

FIRST_VISIT_AFTER = """\
Mild bruising, redness or soreness may happen. It usually fades within a few days. A small \
bruise may last a week.

For a day, leave out heavy make-up, hard exercise, sauna and swimming pools. For two days, \
leave out acids and scrubs. Use a sunscreen. If you need make-up, take a light mineral one.

Call us if anything worries you, or if something has not gone after seven days. If you feel \
unwell and it can't wait, call your doctor or the emergency number first."""

FOLLOW_UP_TEXT = """\
An hour. We ask what has changed since last time, needle the points that we agreed on, and \
leave you to rest for twenty-five minutes while your practitioner looks in.

A course is usually ten to twelve of these visits, one to two weeks apart. Some people say \
that they notice a change after a few visits, others notice little. We look at your own notes \
and photographs together half-way, and you may stop at any visit."""

FOLLOW_UP_BEFORE = """\
Eat something within the two hours before, and come with a clean face.

Tell us about anything new: medicines, a pregnancy, an illness, injections or other \
treatments of your face. A cold sore or a fever is a good reason to move the visit."""

FOLLOW_UP_AFTER = """\
Rest for a moment before you go. Slight redness usually fades within hours, a mild bruise \
within a few days.

Leave out heavy make-up, hard exercise and sauna for a day, and use a sunscreen. Note what you \
notice, good or bad: it helps us next time."""

GUA_SHA_TEXT = """\
A follow-up visit with a quarter of an hour of gua sha afterwards: slow strokes over face and \
neck with a smooth stone and a little oil. Many people find it restful.

We leave it out over sore or broken skin, and after recent injections; you then have the \
plain follow-up, at its price."""

GUA_SHA_BEFORE = """\
Eat something within the two hours before, and come with a clean face and no jewellery on \
neck and ears.

Tell us if you react to plant oils, bruise easily or had injections, peels or laser in the \
last weeks."""

GUA_SHA_AFTER = """\
Your skin may be warm and a little red for an hour or two; a mild bruise from the needles \
usually fades within a few days.

Wash your face with lukewarm water only until the evening. Leave out acids and scrubs for two \
days, and use a sunscreen."""

BODY_TEXT = """\
For legs and buttocks. We talk first, then place fine needles in pairs where you and we \
agreed, and you rest for twenty-five minutes, covered and warm.

You lie on a couch behind a closed door. You keep your underwear on, only the area that we \
treat is uncovered, and you may bring somebody along or ask for one of us to stay."""

BODY_BEFORE = """\
Eat something within the two hours before. Wear or bring loose shorts.

Do not shave or wax the area on the day. Tell us about veins that trouble you, swelling, a \
clot in the past, or blood-thinning medicine: we may ask for a letter from your doctor first."""

BODY_AFTER = """\
Small bruises are more common on legs than on the face. They usually fade within a week or so.

Walk a little, drink some water, and leave out hard training and hot baths for a day. Call us \
about swelling, heat or pain in one leg; if it is strong or sudden, call a doctor at once."""

MAINTENANCE_TEXT = """\
For people who have finished a course and would like to go on now and then, every few months. \
An hour: a short talk, the needles, a rest, and a look at what has changed since.

There is no need to come. Some people like to, some stop after their course, and both are \
fine with us."""

MAINTENANCE_BEFORE = """\
Eat something within the two hours before, and come with a clean face.

It is a while since we saw you: please think about what has changed in your health, your \
medicines and the treatments of your face."""

MAINTENANCE_AFTER = """\
Mild bruising or redness may happen and usually fades within a few days.

Leave out heavy make-up, hard exercise and sauna for a day, and use a sunscreen. If you would \
like another visit, three to four months from now is a usual distance."""

INES_PROFILE = """\
I came to needles by way of the theatre, where I did make-up for nine years and learned to \
look at faces for a long time before touching them. I work slowly, explain what I do, and stop \
when you say so.

I like first visits best. Ask me anything, most of all what I would not do."""

THEO_PROFILE = """\
I grew up in a family of tailors, and I still think in fittings: a little at a time, look, \
adjust. I keep notes of what you tell me and read them back to you after a few visits, so that \
neither of us has to remember it prettier than it was.

If you are afraid of needles, come and talk. We can begin with three."""

MARA_PROFILE = """\
I was a nurse in a burns unit before I trained in acupuncture, so I have seen what skin puts \
up with and I respect it. I look after one person at a time and leave room for quiet.

I will tell you when I think that your money is better spent elsewhere."""

JONAH_PROFILE = """\
I share my week between two coasts, and my suitcase holds mostly linen. I treat faces and \
legs, and I teach anatomy to students who are nicer to me than I deserve.

My visits are calm. If you like to talk, we talk; if you like to sleep, the blanket is heavy."""

LENE_PROFILE = """\
I was a swimming teacher before, which teaches you to see who holds their breath. I see people \
for their legs for now; my course for the face is done, and its papers are being checked.

I say what I am about to do, and then I do only that."""

SILVAN_PROFILE = """\
I treat people who stand all day: cooks, nurses, those who sell shoes. I work quietly, and I \
write down what you tell me.

If you fall asleep, I wake you with tea."""

NEW_YORK_DIRECTIONS = """\
The door is between the bookbinder and the cafe; ring the lowest bell. There is one step at \
the front and none at the side entrance: call us, and we open it.
Subway: Canal Street, five minutes on foot."""

SAN_FRANCISCO_DIRECTIONS = """\
On the ground floor, behind the yard with the lemon trees. No steps from the street to the \
treatment rooms.
Bicycles can stand in the yard; there is a garage around the corner."""
