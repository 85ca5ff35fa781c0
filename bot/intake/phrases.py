"""What people write before, between and after what they mean: Portuguese, English, Spanish.

Written the way `normalise` writes: no case, no accents, no signs, shorthand written out. The
languages share each list. A word of one that means something else in another costs a wait at the
most, or a correction: nothing here decides what is answered.
"""

from __future__ import annotations


def _phrases(*lines: str) -> frozenset[str]:
    return frozenset(phrase.strip() for line in lines for phrase in line.split(","))


# Nothing is said yet: what it is about will follow.
GREETINGS = _phrases(
    "oi, oii, oie, ola, opa, alo, eai, e ai, salve, bom dia, boa tarde, boa noite, boas, bom",
    "tudo bem, tudo bom, tudo certo, tudo joia, td bem, como vai, como voce esta, como esta",
    "pessoal, gente, moca, moco, amigo, amiga, querida, querido, senhor, senhora, atendente",
    "hi, hii, hello, helo, hey, heya, hiya, yo, good morning, good afternoon, good evening",
    "morning, afternoon, evening, how are you, how are you doing, hope you are well, hi there",
    "hello there, hey there, there, guys, team, folks, sir, madam, everyone",
    "hola, buenas, buenos dias, buen dia, buenas tardes, buenas noches, que tal, como estan",
    "como estas, como andan, todo bien, amigos, chicos",
)

# Said while thinking, or in front of what is meant.
FILLERS = _phrases(
    "entao, tipo, assim, olha, olhe, veja, escuta, bem, hum, hm, hmm, ah, eh, ne, sabe, viu",
    "so, well, um, uh, erm, look, listen, you know, anyway, okay so, ok so, alright",
    "pues, bueno, mira, mire, oye, este, o sea, eh, a ver, resulta",
    "entao assim, bom entao, ta bom, esta bom",
)

# An answer, or a sign that something was understood: complete in itself.
ANSWERS = _phrases(
    "sim, nao, ok, okay, certo, beleza, blz, entendi, claro, isso, isso mesmo, pode ser, perfeito",
    "combinado, tanto faz, fechado, joia, show, positivo",
    "yes, yeah, yep, no, nope, sure, right, got it, i see, perfect, great, fine, correct, k, kk",
    "si, vale, dale, listo, claro que si, por supuesto, perfecto, entiendo, entendido, de acuerdo",
)

# Announces that something follows.
PREFACES = _phrases(
    "uma duvida, tenho uma duvida, estou com uma duvida, to com uma duvida, tirar uma duvida",
    "queria tirar uma duvida, me tira uma duvida, tenho uma pergunta, uma pergunta, pergunta",
    "posso perguntar, posso fazer uma pergunta, posso tirar uma duvida, uma coisa, outra coisa",
    "mais uma coisa, queria saber, gostaria de saber, quero saber, preciso saber, queria ver",
    "queria uma informacao, preciso de uma informacao, gostaria de uma informacao",
    "preciso de ajuda, preciso de uma ajuda, pode me ajudar, podem me ajudar, voce pode me ajudar",
    "voces podem me ajudar, me ajuda, me ajudem, e o seguinte, seguinte, deixa eu explicar",
    "vou explicar, vou te explicar, deixa eu ver, so um momento, um momento, um minuto, pera",
    "perai, espera, aconteceu o seguinte, o problema e o seguinte, estou com um problema",
    "to com um problema, tenho um problema, tive um problema, e sobre, sobre, queria falar sobre",
    "segue, segue a foto, segue foto, segue o print, segue o comprovante, vou mandar, vou mandar "
    "a foto, vou mandar foto, vou enviar, olha so, olha isso, veja so",
    "a question, i have a question, i have a quick question, quick question, one question",
    "got a question, just a question, can i ask a question, can i ask something, may i ask",
    "can i ask you something, i wanted to ask, i want to ask, i would like to ask, i would like "
    "to know, i want to know, i wanted to know, i was wondering, just wondering, wondering",
    "i need help, i need some help, need help, can you help me, could you help me, can you help",
    "can someone help me, please help, help me, here is the thing, the thing is, so the thing is",
    "one thing, one more thing, another thing, also, let me explain, i have a problem",
    "i have an issue, having a problem, having an issue, there is a problem, one moment, one sec",
    "one second, hold on, wait, it is about, its about, about, here is the photo, here is a photo",
    "here is the picture, sending a photo, i will send a photo, look at this, see this",
    "una duda, tengo una duda, tengo una pregunta, una pregunta, una consulta, tengo una consulta",
    "queria consultar, queria hacer una consulta, quiero hacer una consulta, queria preguntar",
    "quiero preguntar, queria saber, quisiera saber, quiero saber, necesito saber, me gustaria "
    "saber, puedo hacer una pregunta, puedo preguntar, les hago una consulta, te hago una consulta",
    "necesito ayuda, me pueden ayudar, me puede ayudar, me puedes ayudar, pueden ayudarme",
    "puedes ayudarme, ayuda, una cosa, otra cosa, una cosa mas, es lo siguiente, lo siguiente",
    "pasa lo siguiente, te explico, les explico, te cuento, les cuento, tengo un problema",
    "tuve un problema, un momento, un segundo, espera, espere, es sobre, es por, aca va la foto",
    "ahi va la foto, te mando la foto, les mando la foto, te paso la foto, mira esto, miren esto",
)

# Of those, the ones that announce nothing at the end of a question: "how long is the wait?"
ENDINGS = _phrases("wait, also, about, espera, espere, pera, perai, sobre, seguinte")

# Whoever writes this waits for the answer.
CLOSINGS = _phrases(
    "obrigado, obrigada, muito obrigado, muito obrigada, brigado, brigada, valeu, agradeco, grato",
    "grata, desde ja agradeco, desde ja obrigado, por favor, por gentileza, aguardo, fico no "
    "aguardo, aguardo retorno, no aguardo, so isso, era isso, e isso, era so isso, abraco, abracos",
    "ate mais, ate logo, ate breve, tchau, falou, bye, bye bye, see you, talk later, hasta luego",
    "hasta pronto, chau, adios, nos vemos",
    "thanks, thank you, many thanks, thanks a lot, thank you very much, thanks in advance, please",
    "cheers, that is all, thats all, that is it, thats it, waiting for your answer, regards",
    "gracias, muchas gracias, mil gracias, muchisimas gracias, gracias de antemano, desde ya "
    "gracias, eso es todo, eso seria todo, es todo, nada mas, quedo atento, quedo atenta, espero "
    "su respuesta, saludos, un saludo",
)

# No sentence ends with these, but a question that bears its sign: "where are you from?"
DANGLING = _phrases(
    "a, e, ou, mas, porem, que, se, porque, como, quando, onde, com, sem, de, do, da, dos, das, em",
    "no, na, nos, nas, num, numa, por, pelo, pela, para, pra, ao, aos, ate, entre, sobre, contra",
    "um, uma, uns, umas, os, as, meu, minha, meus, minhas, seu, sua, esse, essa, este, esta",
    "aquele, aquela, qual, quais, cada, muito, mais, tambem, e, nao, ja, ainda, so, quero, queria",
    "gostaria, preciso, gostava, tenho, tinha, estou, vou, posso, pode, fui, sou, pois, ai",
    "e tambem, alem, eu, ele, ela, eles, elas, nosso, nossa",
    "and, or, but, because, if, when, that, which, who, with, without, of, from, to, at, on, in",
    "by, for, into, about, between, the, an, my, your, his, her, its, our, their, this, these",
    "those, some, any, each, very, is, are, was, were, am, be, i, im, ive, we, they, he, she",
    "have, has, had, want, need, would, could, should, can, will, do, does, did, not, dont, cant",
    "than, then, while, so, also, just, like, id, until, since, whether, wanted, tried, got",
    "y, o, pero, porque, si, cuando, donde, con, sin, del, al, en, por, para, hasta, desde, entre",
    "el, la, los, las, un, una, unos, unas, mi, mis, tu, su, sus, ese, esa, estos, estas, aquel",
    "cual, cuales, muy, mas, tambien, no, ya, todavia, quiero, queria, quisiera, necesito, tengo",
    "estoy, voy, puedo, puede, soy, yo, ellos, ellas, ustedes, nuestro, nuestra, pues, lo, le",
    "les, es, son, sea, fue, sino, ni, aunque",
)
# A question begins with one of these, with or without its sign.
ASKING = _phrases(
    "qual, quais, quanto, quanta, quantos, quantas, quando, onde, aonde, cade, como, quem, o que",
    "por que, que horas, que dia, a que horas, ate que horas, voces, voce, tem, tem como, da para",
    "pode, posso, podem, aceita, aceitam, entrega, entregam, faz, fazem, abre, abrem, existe",
    "consigo, vendem, trabalham, ja, sera que, e possivel, e verdade, esta aberto, estao abertos",
    "what, whats, when, where, wheres, who, why, which, how, do, does, did, is, are, was, were",
    "can, could, will, would, should, have, has, any chance, may i, am i",
    "cual, cuales, cuanto, cuanta, cuantos, cuantas, cuando, donde, adonde, quien, que, por que",
    "a que hora, hasta que hora, tienen, tiene, hay, puedo, puede, pueden, aceptan, hacen, venden",
    "abren, envian, ustedes, es posible, se puede, sabe, saben",
)

# A wish begins with one of these.
WISHES = _phrases(
    "quero, queria, gostaria de, gostaria, preciso, me manda, me mande, me envia, me envie, manda",
    "pode me, poderia, quero que, cancela, cancele, cancelem, troca, favor",
    "i want, i would like, id like, i need, please, send me, give me, cancel, change, i wish, tell",
    "quiero, quisiera, necesito, me gustaria, me mandas, me manda, me envian, mandame, enviame",
    "cancelen, podrian, podria",
)
LONGEST = 6  # words of a phrase that is looked for
