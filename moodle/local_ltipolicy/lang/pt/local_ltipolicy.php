<?php
// This file is part of ltipolicy, a plugin for Moodle - https://moodle.org/
//
// It is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// It is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with it.  If not, see <https://www.gnu.org/licenses/>.

/**
 * Strings: Portuguese.
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Políticas e acordos';
$string['app'] = 'Responda às políticas num navegador';
$string['app_open'] = 'Abrir o sítio num navegador';
$string['app_text'] = 'Este sítio pede-lhe que leia as suas políticas e responda. Não é possível na aplicação: inicie sessão no sítio num navegador, responda aí e volte à aplicação.';
$string['atonce'] = 'Perguntar de imediato a quem já está dentro';
$string['atonce_desc'] = 'Quando uma política é publicada, as pessoas com sessão iniciada são questionadas na página seguinte. Caso contrário, no início de sessão seguinte.';
$string['audience'] = 'A quem se pergunta';
$string['audience_all'] = 'A todos';
$string['audience_cohorts'] = 'Aos membros dos grupos globais abaixo';
$string['audience_desc'] = 'Nunca se pergunta aos administradores do sítio nem aos visitantes.';
$string['cachedef_probe'] = 'Se a ferramenta de políticas responde';
$string['cachedef_tool'] = 'Registo da ferramenta de políticas';
$string['closed_blocked'] = 'A segurança HTTP do próprio sítio não o deixa perguntar ao serviço.';
$string['closed_clock'] = 'Os relógios do sítio e do serviço diferem.';
$string['closed_disabled'] = 'O operador do serviço desativou este sítio.';
$string['closed_key'] = 'O serviço não consegue verificar o que este sítio assina.';
$string['closed_moved'] = 'O serviço conhece este sítio por outro endereço.';
$string['closed_nodoor'] = 'O serviço ainda não conhece a entrada deste sítio.';
$string['closed_other'] = 'O sítio não entende o que o serviço responde.';
$string['closed_pending'] = 'O registo deste sítio não está ativo no serviço.';
$string['closed_unknown'] = 'O serviço não conhece este sítio.';
$string['code'] = 'Código:';
$string['cohorts'] = 'Grupos globais';
$string['cohorts_desc'] = 'Usado apenas se se perguntar a membros de grupos globais.';
$string['connection_moodle'] = 'A partir deste Moodle';
$string['connection_silent'] = 'A ferramenta não diz como a ligação aparece do seu lado. ({$a})';
$string['connection_tool'] = 'A partir da ferramenta';
$string['contact'] = 'A quem perguntar';
$string['contact_desc'] = 'Nome e endereço que vê quem não quer aceitar. Vazio: o apoio do sítio.';
$string['eventaccepted'] = 'Entrada permitida pela resposta da ferramenta';
$string['eventdeclined'] = 'Saiu sem aceitar as políticas';
$string['eventletin'] = 'Entrada permitida com a ferramenta indisponível';
$string['eventrefused'] = 'Mensagem da ferramenta recusada';
$string['eventstate'] = 'Políticas alteradas na ferramenta';
$string['everylogin'] = 'Consultar a ferramenta em cada início de sessão';
$string['everylogin_desc'] = 'Todos passam pela ferramenta em cada início de sessão, só por redirecionamentos se nada estiver em aberto. Caso contrário, apenas aqueles para quem algo mudou.';
$string['exemptauth'] = 'Métodos de autenticação isentos';
$string['exemptauth_desc'] = 'Nunca se pergunta a contas com estes métodos. O próprio Moodle isenta contas de serviços Web.';
$string['exemptusers'] = 'Contas isentas';
$string['exemptusers_desc'] = 'Nomes de utilizador, um por linha. Os papéis com a capacidade local/ltipolicy:exempt também estão isentos.';
$string['goingon'] = 'Um momento, por favor …';
$string['keys_failed'] = 'Este Moodle não consegue obter as chaves da ferramenta em {$a->url}. Verifique o nome, as firewalls e o certificado. ({$a->said})';
$string['keys_fine'] = 'Este Moodle consegue obter as chaves da ferramenta.';
$string['keys_host'] = 'A segurança HTTP impede este Moodle de chegar às chaves da ferramenta, {$a->url}. Em Segurança > Segurança HTTP (Security > HTTP security), tire de «Lista de servidores bloqueados do cURL» (cURL blocked hosts list) a linha que abrange {$a->host} e deixe as outras.';
$string['keys_port'] = 'A segurança HTTP impede este Moodle de chegar às chaves da ferramenta, {$a->url}. Em Segurança > Segurança HTTP (Security > HTTP security), acrescente uma linha {$a->port} a «Lista de portas permitidas do cURL» (cURL allowed ports list).';
$string['letinnote'] = 'As políticas deste sítio não podem ser mostradas neste momento. Pode continuar; ser-lhe-á perguntado mais tarde.';
$string['loggedout'] = 'A sessão terminou. Pode responder às políticas em qualquer altura, iniciando sessão de novo.';
$string['ltipolicy:exempt'] = 'Entrar sem ser questionado sobre políticas';
$string['ltipolicy:viewagreements'] = 'Ver os próprios acordos na ferramenta';
$string['notconfigured'] = 'A ferramenta de políticas não está configurada: não se pergunta a ninguém.';
$string['pageaway'] = 'As políticas não podem ser mostradas agora';
$string['pageaway_text'] = 'Antes de continuar, este sítio pede-lhe que responda às suas políticas, e o serviço que as mostra não responde neste momento. Tente de novo dentro de minutos. Se persistir, escreva para: {$a}';
$string['pageclosed'] = 'As políticas não podem ser mostradas agora';
$string['pageclosed_text'] = 'Antes de continuar, este sítio pede-lhe que responda às suas políticas, e o serviço que as mostra recusa este sítio. Esperar não resolve: escreva para {$a}';
$string['pageloginas'] = 'As políticas não abrem';
$string['pageloginas_text'] = 'Entrou como {$a}. O que ali se respondesse contaria como resposta dessa pessoa, por isso só abre para ela.';
$string['pagenotaccepted'] = 'Não aceitou';
$string['pagenotaccepted_text'] = 'Este sítio só pode ser usado por quem aceitou as suas políticas obrigatórias. Pode voltar a vê-las ou sair. Se alguma coisa o preocupa, pergunte: {$a}';
$string['pagerefused'] = 'A resposta não pôde ser verificada';
$string['pagerefused_text'] = 'O que voltou das políticas não é válido, é demasiado antigo ou já foi usado. As suas respostas não se perderam. Tente de novo; se voltar a acontecer, escreva para: {$a}';
$string['pagestuck'] = 'Está sempre a voltar aqui';
$string['pagestuck_text'] = 'Foi enviado várias vezes para as políticas sem resultado, por isso o sítio parou. Saia e inicie sessão de novo, ou tente outro navegador. Se persistir, escreva para: {$a}';
$string['pluginname'] = 'Políticas ao iniciar sessão (ltipolicy)';
$string['policies'] = 'Políticas';
$string['privacy:gone'] = 'Que a ferramenta de políticas foi informada de que uma conta está suspensa.';
$string['privacy:tool'] = 'A ferramenta de políticas mostra as políticas e guarda as respostas.';
$string['privacy:tool:email'] = 'Endereço de correio, se as definições da ferramenta o partilharem';
$string['privacy:tool:idnumber'] = 'Número de identificação';
$string['privacy:tool:lang'] = 'Língua';
$string['privacy:tool:name'] = 'Nome e nome de utilizador, se as definições da ferramenta os partilharem';
$string['privacy:tool:userid'] = 'Número da conta';
$string['privacy:user'] = 'Com que respostas a pessoa entrou da última vez. As próprias respostas são guardadas pela ferramenta.';
$string['privacy:user:remaining'] = 'Quantas políticas voluntárias ficaram em aberto';
$string['privacy:user:state'] = 'O que o sítio pedia então';
$string['privacy:user:time'] = 'Quando';
$string['privacy:user:userid'] = 'A pessoa';
$string['privacy:user:versions'] = 'Números das versões respondidas';
$string['renew'] = 'Perguntar de novo à ferramenta';
$string['renew_desc'] = 'esquece o que a ferramenta disse até agora, obtém de novo as suas chaves e pergunta-lhe. Para quando o operador disser que uma chave foi roubada.';
$string['renew_done'] = 'Perguntou-se de novo à ferramenta. Conta o que ela diz agora.';
$string['services_fine'] = 'A ferramenta pode pedir os participantes e enviar pontuações.';
$string['services_less'] = 'A ferramenta não pode usar: {$a}. Em «Gerir ferramentas» (Manage tools), edite a ferramenta, Serviços (Services).';
$string['shares_fine'] = 'A ferramenta recebe nomes e endereços de e-mail.';
$string['shares_less'] = 'A ferramenta não recebe nomes, ou não recebe endereços de e-mail. Se deve recebê-los: «Gerir ferramentas» (Manage tools), edite a ferramenta, Privacidade (Privacy).';
$string['status'] = 'Estado';
$string['status_active'] = 'Este módulo gere as políticas do sítio: pergunta-se às pessoas ao iniciar sessão.';
$string['status_answers'] = 'A ferramenta responde: {$a}';
$string['status_command'] = 'O que o operador da ferramenta tem de executar uma vez:';
$string['status_elsewhere'] = 'Se a ferramenta tem outro endereço para a porta deste sítio, o seu operador executa:';
$string['status_inactive'] = 'Ainda não se pergunta a ninguém: escolha este módulo como «Controlador de políticas do site» (Site policy handler) em Utilizadores > Privacidade e políticas > Configurações da política (Users > Privacy and policies > Policy settings).';
$string['status_letin'] = 'Quem tem algo a responder entra com um aviso, como escolhido abaixo.';
$string['status_state'] = 'Políticas que pedem resposta: {$a->policies}, desde {$a->since}';
$string['status_unconfirmed'] = 'Ainda ninguém é retido: a ferramenta não confirmou a porta deste sítio. Fá-lo por si na primeira resposta, e a partir daí espera-se por ela também quando recusa este sítio.';
$string['status_waiting'] = 'Quem tem algo a responder é retido até isto ser resolvido. Para deixar entrar entretanto, escolha-o abaixo em «Quando a ferramenta não responde ou recusa este sítio». Os administradores do sítio nunca são retidos.';
$string['taskrefresh'] = 'Perguntar à ferramenta o que mudou';
$string['toolinactive'] = 'A ferramenta escolhida não pode ser usada: em «Gerir ferramentas» (Manage tools) tem de estar ativa, LTI 1.3, com um conjunto público de chaves. Ninguém é questionado.';
$string['toolsilent'] = 'A ferramenta de políticas não respondeu como combinado.';
$string['tryagain'] = 'Tentar de novo';
$string['typeid'] = 'Ferramenta de políticas';
$string['typeid_desc'] = 'A ferramenta externa que mostra as políticas: ativa, LTI 1.3, com conjunto de chaves públicas e endereço de início de sessão da forma https://TOOL/lti/login/ID.';
$string['whenaway'] = 'Quando a ferramenta não responde ou recusa este sítio';
$string['whenaway_desc'] = 'O que acontece a quem tem algo a responder, depois de a ferramenta ter confirmado a porta deste sítio. Os restantes não notam nada.';
$string['whenaway_letin'] = 'Deixar entrar com um aviso';
$string['whenaway_wait'] = 'Esperar';
$string['why_blocked'] = 'É o próprio Moodle que não deixa sair perguntas para {$a->tool}. Permita o anfitrião e a porta em Segurança > Segurança HTTP (Security > HTTP security). ({$a->said})';
$string['why_clock'] = '{$a->tool} responde, mas o seu relógio e o deste servidor diferem. Aqui são {$a->time}: acerte ambos pela rede (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} responde, mas o operador desativou este sítio. Para o reativar, o operador executa: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} responde, mas não consegue verificar o que este sítio assina. A ferramenta tem de poder obter {$a->keys}. ({$a->said})';
$string['why_keysaway'] = '{$a->tool} responde, mas neste momento não consegue obter as chaves deste sítio e por isso não consegue verificar o que ele assina. Tenta de novo sozinha; se persistir, veja se consegue chegar a {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} conhece este sítio por outro endereço que não {$a->site}. Se o sítio mudou, o operador da ferramenta executa «ltipolicy platform move» para {$a->id}; se isto é uma cópia, precisa de um registo próprio.';
$string['why_nodoor'] = '{$a->tool} conhece este sítio, mas ainda não a sua porta. O operador da ferramenta tem de executar o comando abaixo.';
$string['why_other'] = '{$a->tool} responde algo que este módulo não entende. Atualize ambos para a mesma versão. ({$a->said})';
$string['why_pending'] = '{$a->tool} conhece este sítio, mas o registo ainda não está ativo. O operador da ferramenta tem de executar: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} responde, mas não conhece este sítio como {$a->id}. Escolha abaixo a ferramenta certa ou registe-a de novo. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} não responde. Está a funcionar e este servidor consegue alcançá-la? ({$a->said})';
