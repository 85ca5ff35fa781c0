"""The words of asking for a person, in three languages at once: people do mix them.

All words are normalised (no accents, no case, shorthand written out). Three sorts of nouns:
STAFF are only ever people who answer customers, so that the bare word is a request; ANYBODY
are people of any kind and need a verb of contact; MACHINE is what the customer wants rid of.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Several words that act as one.
JOINED: dict[tuple[str, ...], str] = {
    tuple(phrase.split()): noun
    for noun, phrases in {
        "staff": (
            "customer service|customer support|customer care|customer services|support team"
            "|service team|sales team|human being|human beings|real human|team member"
            "|member of staff|help desk|someone from your team|real person|real people|live person"
            "|actual person|actual human|live human|live agent|actual people|real agent"
            "|ser humano|seres humanos|pessoa real|pessoa de verdade|pessoas de verdade"
            "|pessoa de carne e osso|gente de verdade|gente de carne e osso|alguem de verdade"
            "|atendimento humano|atendente humano|pessoa humana|pessoas reais|alguem da equipe"
            "|alguem da loja|pessoa da equipe|pessoa da loja|alguem do suporte"
            "|central de atendimento|ajuda humana|ayuda humana|apoio humano|soporte humano"
            "|human support|human assistance|human service"
            "|servico de atendimento|atendimento ao cliente|suporte humano|gente real|alguem real"
            "|persona real|persona de verdad|persona de carne y hueso|gente de verdad"
            "|persona humana|atencion humana|atencion al cliente|servicio al cliente"
            "|servicio de atencion|personas reales|alguien real|alguien de verdad"
            "|alguien del equipo|alguien de la tienda|personal de soporte|atencion personal"
        ),
        # Alone, "ai" is "there" and "ia" is "went" in Portuguese.
        "robot": "an ai|the ai|uma ia|una ia|a ia|la ia|inteligencia artificial",
    }.items()
    for phrase in phrases.split("|")
}

STAFF = _words(
    """staff attendant attendants human humans agent agents representative representatives rep reps
    operator operators receptionist supervisor advisor adviser manager atendente
    atendentes humano humana humanos humanas operador operadora consultor
    consultora vendedor vendedora gerente supervisora representante funcionario
    funcionaria asesor asesora asesores agente agentes encargado encargada
    ejecutivo ejecutiva empleado dependiente telefonista"""
)
ANYBODY = _words(
    """person people someone somebody anyone anybody specialist employee colleague
    team support owner boss guy lady man woman technician helpdesk pessoa pessoas
    alguem gente central responsavel dono dona equipe suporte atendimento moca moco
    especialista tecnico sac time persona personas alguien equipo soporte dueno
    duena responsable personal jefe jefa tecnico"""
)
ONE_PERSON = (["person"], ["pessoa"], ["persona"])  # "a person, please"
MACHINE = _words(
    """bot bots robot robots machine machines computer computers chatbot chatbots
    automated automatic recording robo robos maquina maquinas computador
    inteligencia automatico automatica automatizado chatgpt assistant"""
)

# To speak, or to be put through: the noun may be any person.
SPEAK = _words(
    """liga ligue ligar ligarem atenderme atenderem complain reclamar fale falem contatem talk
    talking deal
    hand speak speaking chat chatting connect connected transfer transferred
    redirect contact reach reaching escalate forward handoff put switch switched
    pass route message falar fala falo lidar tratar atende atender conversar
    converso conversa passa passe passar transfere transfira transferir
    transferido transferida direciona direcione direcionar encaminha encaminhe
    encaminhar conecta conecte conectar chama chame chamar contatar contactar
    contato bota bote coloca coloque atendido atendida atendimento redireciona
    redirecionar redirecione contate aciona acionar hablar habla hablo platicar
    charlar comunicar comunicame comuniqueme comunicarme comunicas comunica
    comunicarse pasar pasame paseme pasa pasas pasarme pasen pasenme pases pase
    transferir transfiere transfiereme transfierame transferirme conecta conectar
    conectame conectarme contactarme contacta contactame derivar derivame deriveme
    derivarme poner ponme poneme pongame ponganme llamar llama llamame llame
    atienda atiendan atendido hablame comunicacion contacto dirigeme redirigeme
    redirigir mandame"""
)
# To want one.
WANT = _words(
    """solicito deseo desejo pido peco have want wants need needs get give gimme
    require prefer would like looking bring demand quero queria preciso precisava
    gostaria necessito manda mande prefiro exijo cade arruma arranja poe quiero
    queria quisiera necesito necesitaba busco prefiero exijo dame deme mandame pon
    ocupo gustaria"""
)
THERE_IS = _words(
    "is any there tem ha hay existe esta donde cade onde where teria tiene tienen habra"
)

# What may stand between a verb and its noun.
FILLER = _words(
    """atencion personalizada personalizado assistance | with to a an the one of your
    you guys some any real actual live living proper right from in at on me us him
    it here just again directly please now get through up over into human
    somebody's other another better different able possible instead line phone be
    is can i like this help ajuda ayuda for com um uma uns umas o os as do da de
    no na algum alguma para ao seu sua vcs voces voce verdade real outro outra
    direto diretamente logo ja agora aqui ser favor mim eu me nos por so
    diretamente mesmo pelo pela alguem con un una unos el la los las del al algun
    alguna su sus tu verdad otro otra ya ahora aqui por conmigo directamente
    ustedes usted favor mi nosotros solo hablar falar talk speak favor to go want"""
)

# Enough of machines.
ENOUGH = _words(
    "chega stop basta cansei odeio hate enough sick tired harto harta cansado odio chato"
)

# "another person" may be a stranger, unless one wants to speak with them.
ELSE = _words("another other outra outro otra otro")

HELP = _words(
    """contact contactar contactarme contatar atenderme ayudarme responderme llamarme
    contestarme hablarme help helps assist talk speak answer reply respond call
    chat attend serve handle ajudar ajuda ajude atender atende atenda responder
    responde falar conversar auxiliar explicar ayudar ayude ayuda ayuden atender
    atienda atiende responder responda hablar llamar contestar conteste"""
)
MODAL = _words(
    """can could may might would will shall do does how let id posso pode podem
    poderia consigo podemos podia puedo puede pueden podria podrian puedes podemos
    podes"""
)
NOT = _words("not dont nao no never nunca sem sin without nem doesnt didnt wont jamais ni")
# "I can't reach a person" asks for one, however much "not" there is in it.
CANNOT = _words("can cant could possivel consigo consegui posso puedo pude logro podido able")
SUBJECT = _words("i we they he she people who")
WAS = _words(
    "was were been being estava estive estavam estaba estuve estabamos after depois despues"
)
WHO = _words("who that que quem quien whose which to para")
THERE = _words(
    """there here online available around live awake now ai la aqui ali disponivel
    agora ahi alla disponible ahora hoy conectado conectada real | over"""
)
POLITE = _words(
    """please kindly hi hello hey ok okay well so and but just pls thanks thank favor
    gentileza obrigado obrigada oi ola bom boa dia tarde noite entao e mas gracias
    hola bueno buenas buenos dias tardes noches pues entonces porfavor sorry
    desculpa perdon urgente urgent urgently the a an um uma un una some actual now
    agora ahora ya ja already logo rapido rapidamente directly aqui here por se si
    s il faz poder possivel posible amigo amiga moco moca"""
)

# Known as they are: a typo is never read into them.
LITERAL = _words(
    """talked spoke spoken chatted asked called contacted connected passed
    transferred reached wanted needed conectei falei falou falaram falava passei
    passou passaram chamei chamou conversei transferi transferiu contatei liguei
    contactei hable hablo hablaron hablaba paso pase llame llamo llamaron contacte
    comunique pasaron personal personas pedido parcel passado pasado agenda
    agendar agende tales talla table transport transporte transportadora mange
    change changed charge chance humor cancel cancelar cheque receive receipt
    receber recibir people couple message manager reps ponto quanto quando cuando
    cuanto gerentes speaker breach search teach chamada llamada amanha fatura
    falta faltar faltou carta cartao pagar passagem passport human persist chego
    chegou persona person agent agente content context contract contrato contado
    operation conta conto talking walking resort report represent charlie humans
    hablan product produto producto transferencia transaction tracking attended"""
)

VOCABULARY = tuple(
    sorted(
        word
        for word in STAFF | ANYBODY | SPEAK | WANT | MACHINE
        if len(word) >= 5 and word != "staff"
    )
)
KNOWN = (
    STAFF | ANYBODY | MACHINE | SPEAK | WANT | THERE_IS | FILLER | ELSE | HELP | MODAL | NOT
    | CANNOT | ENOUGH | SUBJECT | WAS | WHO | THERE | POLITE | LITERAL
)  # fmt: skip
MISSPELT = {
    "tlak": "talk", "takl": "talk", "talkk": "talk", "humn": "human", "persn": "person",
    "sopeak": "speak", "spek": "speak", "falr": "falar", "flar": "falar", "ablar": "hablar",
    "halar": "hablar", "pesoa": "pessoa", "pesona": "persona", "pasar": "pasar",
    "atendete": "atendente", "acesor": "asesor", "umano": "humano", "alguen": "alguem",
    "agnt": "agent", "agt": "agent",
}  # fmt: skip
